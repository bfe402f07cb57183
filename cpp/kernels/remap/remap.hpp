// Remap: from pixels to indices, by way of the label of each colour.
#pragma once

#include <cstddef>
#include <cstdint>

#include "kernels/base/team.hpp"

namespace pil_kmeans {

// The label of each pixel's colour. `keys` is the picture's own histogram, shifted right by `shift`: every pixel's
// key, so shifted, is found in it. O(n).
template <typename Sample, typename Label>
void remap(const Sample* samples,  // IN  (n, C)
           std::size_t n, std::size_t n_channels,
           const std::uint64_t* keys,  // IN  (U,) ascending
           const Label* labels,        // IN  (U,)
           std::size_t n_keys, int shift, Team& team,
           Label* indices);  // OUT (n,)

}  // namespace pil_kmeans
