// One channel: the exact optimum, by dynamic programming over the sorted values.
#pragma once

#include <cstddef>
#include <cstdint>
#include <vector>

namespace pil_kmeans {

// First value of each of the k intervals that minimise the inertia about their means, k <= n. Where several
// partitions are optimal the later interval starts as early as it can.
//
// Interval costs satisfy the quadrangle inequality, so each of the k rows is filled by divide and conquer over its
// monotone minima: O(k n log n) time, O(k n) memory for the way back (F. Wu 1991; H. Wang and M. Song, "Ckmeans.1d.dp",
// The R Journal 3(2), 2011).
std::vector<std::size_t> optimal_intervals(const double* values,   // IN (n,) ascending, distinct
                                           const double* weights,  // IN (n,) positive
                                           std::size_t n, std::size_t k);

}  // namespace pil_kmeans
