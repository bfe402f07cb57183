// The functions of one instruction set, and the table of them. For the files that are compiled once for each set,
// inside its own namespace: PIL_KMEANS_ISA is its name. `Kernels` says what each function does.
#pragma once

#include "kernels/isa/isa.hpp"

namespace pil_kmeans::PIL_KMEANS_ISA {

extern const Kernels kernels;

// histogram/keys.cpp
void rgb_keys(const std::uint8_t* samples, std::size_t n, std::uint32_t* keys);
void rgb_cells(const std::uint8_t* samples, std::size_t n, int bits, std::uint32_t* cells);
std::size_t occupied(const std::uint8_t* counters, std::size_t n, std::uint16_t* places);

// color/oklab.cpp
void oklab(float* r, float* g, float* b, std::size_t n);
void cone_roots(const float* const* planes, std::size_t n, bool precise, float* roots);
void pack_points(const float* const* coordinates, const float* origin, const float* scale, std::size_t n,
                 std::uint32_t* xy, std::uint32_t* zw);

// color/packed_rgb.cpp
void pack_rgb(const std::uint8_t* stored, std::size_t n, std::uint8_t* rgb);

// kmeans/nearest.cpp
void bounding_boxes(const Points& points, std::size_t h, Box* boxes);
void assign(const Points& points, const Box* boxes, std::size_t h, const Candidates& centers, Candidates* scratch,
            std::uint16_t* labels, const std::int64_t* weights, CenterSum* sums, const std::uint8_t* moved,
            RememberedList* remembered, bool first);
void assign_few(const Points& points, const Candidates& centers, std::uint16_t* labels);

// dither/walk.cpp
void walk_rows(const RowWalk& walk, bool has_alpha, bool wide, std::size_t from, std::size_t to);

// dither/prune_entries.cpp
std::size_t prune_entries(const EntryColumns& from, std::size_t n_dims, const float* middle2, float size,
                          const EntryColumns& to);

// dither/light.cpp
void light_points(const LightTerms& terms, bool has_alpha, const float* roots, std::size_t n, bool is_bounded,
                  float* lights, std::uint64_t* points);
void light_lacks(const LightTerms& terms, bool has_alpha, const float* roots, const float* entries,
                 const std::uint32_t* indices, std::size_t n, std::int32_t* const* lacks);

// dither/blur.cpp
void blur_row(const std::int32_t* const* rows, std::size_t n, std::int32_t* scratch, std::int32_t* blurred);

// png/paeth_search.cpp
double search_behind_paeth(const Region& region, const Points& entries, const float* prices, std::size_t lowest,
                           const Feedback& feedback, const SearchRoom& room, PaethWays* ways, std::uint8_t* indices);

// png/refine.cpp
void refine_filtered(const Region& region, const Points& entries, const FilteredBits& bits, const float* blur,
                     float* field, std::uint8_t* indices);
double blurred_error(const Region& region, const Points& entries, const float* blur, float* field,
                     const std::uint8_t* indices);

// png/search.cpp
SymbolCounts search_indices(const Region& region, const Points& entries, const Prices& prices, const Feedback& feedback,
                            const SearchRoom& room, std::uint8_t* indices);

// png/visibility.cpp
void visibility_row(const Points& points, std::size_t height, std::size_t width, std::size_t y, float protection,
                    std::int32_t* scratch, float* weights);

// score/ssimulacra2_tile.cpp
void xyb(float* r, float* g, float* b, std::size_t n);
void compare_tile(const float* a, const float* b, std::size_t height, std::size_t width, const ScoreTile& tile,
                  bool structure, ScoreSums& sums);

// weighting/smooth_row.cpp
void slide_rows(const std::uint16_t* leaving, const std::uint16_t* coming, std::size_t n, std::int32_t* sums,
                std::int32_t* squares);
void smooth_row(const std::int32_t* sums, const std::int32_t* squares, std::size_t n, std::uint8_t* smoothness);

}  // namespace pil_kmeans::PIL_KMEANS_ISA
