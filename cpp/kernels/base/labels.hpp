// Labels and indices: which of k centers or entries each point or pixel has.
#pragma once

#include <cstddef>
#include <cstdint>

namespace pil_kmeans {

// Whether all of n labels are below k. For Label = std::uint8_t and std::uint16_t.
template <typename Label>
bool all_below(const Label* labels, std::size_t n, std::size_t k);

// Tell of each of k values whether it is among n labels, all of which are below k.
template <typename Label>
void mark_used(const Label* labels,  // IN  (n,)
               std::size_t n, std::size_t k,
               bool* used);  // OUT (k,)

// Call `each(i)` for n values that are looked up, eight to a turn: one to a turn takes half as long again.
template <typename Each>
void for_eights(std::size_t n, const Each& each) {
    std::size_t first = 0;
    for (; n - first >= 8; first += 8)
        for (std::size_t i = first; i < first + 8; ++i) each(i);
    for (std::size_t i = first; i < n; ++i) each(i);
}

// Add up the weights of each of k labels. Sums wrap around at 2^63.
void label_totals(const std::uint16_t* labels,  // IN  (n,), below k
                  const std::int64_t* weights,  // IN  (n,)
                  std::size_t n, std::size_t k,
                  std::int64_t* totals);  // OUT (k,)

}  // namespace pil_kmeans
