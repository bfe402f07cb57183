// What the files of one instruction set share.
#pragma once

#include "kernels/isa/isa.hpp"

namespace pil_kmeans::PIL_KMEANS_ISA {

void rgb_keys(const std::uint8_t* samples, std::size_t n, std::uint32_t* keys);
void rgb_cells(const std::uint8_t* samples, std::size_t n, int bits, std::uint32_t* cells);
std::size_t occupied(const std::uint8_t* counters, std::size_t n, std::uint16_t* places);
void pack_points(const float* const* coordinates, const float* origin, const float* scale, std::size_t n,
                 std::uint32_t* xy, std::uint32_t* zw);
void oklab(float* r, float* g, float* b, std::size_t n);
void xyb(float* r, float* g, float* b, std::size_t n);
std::size_t cheapest_entry(const Points& entries, std::uint32_t xy, std::uint32_t zw, float weight, const float* prices,
                           float* distortions);
void compare_tile(const float* a, const float* b, std::size_t height, std::size_t width, const ScoreTile& tile,
                  bool structure, ScoreSums& sums);

}  // namespace pil_kmeans::PIL_KMEANS_ISA
