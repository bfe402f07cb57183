// One channel: the exact optimum, by dynamic programming over the sorted values.
#pragma once

#include <cstddef>
#include <cstdint>
#include <vector>

namespace pil_kmeans {

// First value of each of the k intervals that minimise the inertia about their means, k <= n. Each of the m fixed
// values has an interval of its own, whose inertia is measured about it; m <= k.
//
// With a price on every interval the best partition takes one pass, O(n log n), because interval costs satisfy the
// quadrangle inequality (D. Hirschberg and L. Larmore, "The least weight subsequence problem", SIAM J. Comput. 16(4),
// 1987). The price is searched until it asks for k intervals; where it jumps over k, two optimal partitions, one with
// fewer and one with more, are joined into one with k that is as good (A. Aggarwal, B. Schieber and T. Tokuyama,
// "Finding a minimum-weight k-link path in graphs with the concave Monge property", Discrete & Computational Geometry
// 12, 1994). A fixed value cuts the line in two: on either side its part of the interval is a first or a last link of
// its own cost. That of adding values grows faster than for any mean in between, so the inequality holds. O(n) memory.
std::vector<std::size_t> optimal_intervals(const double* values,   // IN (n,) ascending, distinct
                                           const double* weights,  // IN (n,) positive, or 0 where fixed
                                           const bool* fixed,      // IN (n,)
                                           std::size_t n, std::size_t k);

}  // namespace pil_kmeans
