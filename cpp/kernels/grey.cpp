#include "kernels/grey.hpp"

#include <algorithm>

#include "kernels/buffer.hpp"

namespace pil_kmeans {
namespace {

struct Prefix {  // sums over the values before each place, about the overall mean to keep digits
    std::vector<double> weight, first, second;

    // Inertia of the values in [from, to) about their mean.
    double inertia(std::size_t from, std::size_t to) const {
        const double w = weight[to] - weight[from], s = first[to] - first[from];
        return std::max(0.0, second[to] - second[from] - s * s / w);
    }
};

// cost[j], for j in [low, high): least inertia of the first j values in one interval more than `before` has.
void fill_row(const Prefix& prefix, const std::vector<double>& before, std::size_t intervals, std::size_t low,
              std::size_t high, std::size_t from, std::size_t upto, std::vector<double>& cost, std::uint32_t* cut) {
    if (low >= high) return;
    const std::size_t j = low + (high - low) / 2;
    double best = -1;
    std::size_t best_cut = from;
    for (std::size_t i = std::max(from, intervals); i <= std::min(upto, j - 1); ++i) {
        const double total = before[i] + prefix.inertia(i, j);
        if (best < 0 || total < best) {
            best = total;
            best_cut = i;
        }
    }
    cost[j] = best;
    cut[j] = static_cast<std::uint32_t>(best_cut);
    fill_row(prefix, before, intervals, low, j, from, best_cut, cost, cut);
    fill_row(prefix, before, intervals, j + 1, high, best_cut, upto, cost, cut);
}

}  // namespace

std::vector<std::size_t> optimal_intervals(const double* values, const double* weights, std::size_t n, std::size_t k) {
    double total = 0, mean = 0;
    for (std::size_t i = 0; i < n; ++i) {
        total += weights[i];
        mean += weights[i] * values[i];
    }
    mean /= total;
    Prefix prefix{std::vector<double>(n + 1, 0.0), std::vector<double>(n + 1, 0.0), std::vector<double>(n + 1, 0.0)};
    for (std::size_t i = 0; i < n; ++i) {
        const double x = values[i] - mean;
        prefix.weight[i + 1] = prefix.weight[i] + weights[i];
        prefix.first[i + 1] = prefix.first[i] + weights[i] * x;
        prefix.second[i + 1] = prefix.second[i] + weights[i] * x * x;
    }
    // cuts[r][j]: where the last of r + 2 intervals over the first j values starts.
    std::vector<Buffer<std::uint32_t>> cuts;
    std::vector<double> before(n + 1, 0.0), cost(n + 1, 0.0);
    for (std::size_t j = 1; j <= n; ++j) before[j] = prefix.inertia(0, j);
    for (std::size_t intervals = 1; intervals < k; ++intervals) {
        cuts.emplace_back(n + 1);
        fill_row(prefix, before, intervals, intervals + 1, n + 1, intervals, n, cost, cuts.back().begin());
        std::swap(before, cost);
    }
    std::vector<std::size_t> starts(k, 0);
    std::size_t end = n;
    for (std::size_t r = k; r-- > 1;) end = starts[r] = cuts[r - 1][end];
    return starts;
}

}  // namespace pil_kmeans
