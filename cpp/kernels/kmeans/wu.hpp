// The seed: greedy variance-minimising bisection.
#pragma once

#include <array>
#include <vector>

#include "kernels/kmeans/kmeans.hpp"

namespace pil_kmeans {

// What a center explains of the energy of its points: |sum|^2 / weight. Inertia is energy less this.
inline double explained_energy(const CenterSum& sum) {
    if (sum.weight == 0) return 0;
    double square = 0;
    for (const std::int64_t s : sum.sum) square += static_cast<double>(s) * static_cast<double>(s);
    return square / static_cast<double>(sum.weight);
}

// The same of a center that stays at a position, whatever the mean of its points.
inline double explained_energy(const CenterSum& sum, const Coordinates& position) {
    double product = 0, norm = 0;
    for (std::size_t d = 0; d < kDims; ++d) {
        product += static_cast<double>(sum.sum[d]) * position[d];
        norm += static_cast<double>(position[d]) * position[d];
    }
    return 2 * product - static_cast<double>(sum.weight) * norm;
}

// Sums of at most k groups of points. Always splits the group whose best cut across its principal axis lowers the
// inertia most (X. Wu, "Color quantization by dynamic programming and principal analysis", ACM Transactions on
// Graphics 11(4), 1992, taken greedily as in his Graphics Gems II algorithm). O(n log k).
std::vector<CenterSum> wu_seed(const WeightedPoints& points, std::size_t k);

// Direction in which points of this covariance are spread most, the largest coordinate 1; zero where there is none.
using Covariance = std::array<std::array<float, kDims>, kDims>;
std::array<float, kDims> main_axis(const Covariance& covariance);

}  // namespace pil_kmeans
