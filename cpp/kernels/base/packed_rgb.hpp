// RGB of pixels that are stored as four bytes each, of which the last means nothing.
#pragma once

#include <cstddef>
#include <cstdint>

namespace pil_kmeans {

inline constexpr std::size_t kStoredBytes = 4;

void pack_rgb(const std::uint8_t* stored,  // IN  (n, 4)
              std::size_t n,
              std::uint8_t* rgb);  // OUT (n, 3)

}  // namespace pil_kmeans
