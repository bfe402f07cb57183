#include "kernels/wu.hpp"

#include <algorithm>
#include <array>
#include <cmath>
#include <numeric>
#include <queue>

namespace pil_kmeans {
namespace {

constexpr std::size_t kBins = 64;  // cuts tried across an axis

struct Group {
    std::size_t first, last;  // range of the permuted points
    CenterSum sum;
    std::size_t cut = 0;  // first point of the second half
    double gain = 0;      // how much the cut lowers the inertia
};

struct Permuted {
    std::vector<std::uint32_t> xy, zw;
    std::vector<std::int64_t> weights;
};

// Order the group's points so that its best cut is in the middle.
void find_cut(Permuted& points, Group& group) {
    const std::size_t n = group.last - group.first;
    if (n < 2) return;
    const Points view{&points.xy[group.first], &points.zw[group.first], n};
    const std::array<double, kDims> axis = principal_axis(view, &points.weights[group.first]);
    std::vector<float> place(n);
    float low = 0, high = 0;
    for (std::size_t i = 0; i < n; ++i) {
        const Coordinates x = unpack(view.xy[i], view.zw[i]);
        double dot = 0;
        for (std::size_t d = 0; d < kDims; ++d) dot += axis[d] * x[d];
        place[i] = static_cast<float>(dot);
        low = i ? std::min(low, place[i]) : place[i];
        high = i ? std::max(high, place[i]) : place[i];
    }
    if (!(high > low)) return;
    const float to_bin = static_cast<float>(kBins) * 0.9999f / (high - low);
    std::array<CenterSum, kBins> bins{};
    std::vector<std::uint8_t> bin(n);
    for (std::size_t i = 0; i < n; ++i) {
        bin[i] = static_cast<std::uint8_t>(std::min((place[i] - low) * to_bin, static_cast<float>(kBins - 1)));
        const Coordinates x = unpack(view.xy[i], view.zw[i]);
        const std::int64_t weight = points.weights[group.first + i];
        bins[bin[i]].weight += weight;
        for (std::size_t d = 0; d < kDims; ++d) bins[bin[i]].sum[d] += weight * x[d];
    }
    const double whole = explained_energy(group.sum);
    CenterSum left;
    std::size_t best_bin = 0;
    group.gain = 0;
    for (std::size_t b = 0; b + 1 < kBins; ++b) {
        CenterSum right = group.sum;
        left.weight += bins[b].weight;
        right.weight -= left.weight;
        for (std::size_t d = 0; d < kDims; ++d) {
            left.sum[d] += bins[b].sum[d];
            right.sum[d] -= left.sum[d];
        }
        if (left.weight == 0 || right.weight == 0) continue;
        const double gain = explained_energy(left) + explained_energy(right) - whole;
        if (gain > group.gain) {
            group.gain = gain;
            best_bin = b;
        }
    }
    std::size_t left_at = 0, right_at = 0;
    std::vector<std::uint32_t> right_xy(n), right_zw(n);
    std::vector<std::int64_t> right_weights(n);
    for (std::size_t i = 0; i < n; ++i) {
        const std::size_t from = group.first + i;
        if (bin[i] <= best_bin) {
            const std::size_t to = group.first + left_at++;
            points.xy[to] = points.xy[from];
            points.zw[to] = points.zw[from];
            points.weights[to] = points.weights[from];
        } else {
            right_xy[right_at] = points.xy[from];
            right_zw[right_at] = points.zw[from];
            right_weights[right_at++] = points.weights[from];
        }
    }
    group.cut = group.first + left_at;
    std::copy_n(right_xy.begin(), right_at, points.xy.begin() + static_cast<std::ptrdiff_t>(group.cut));
    std::copy_n(right_zw.begin(), right_at, points.zw.begin() + static_cast<std::ptrdiff_t>(group.cut));
    std::copy_n(right_weights.begin(), right_at, points.weights.begin() + static_cast<std::ptrdiff_t>(group.cut));
}

CenterSum sum_of(const Permuted& points, std::size_t first, std::size_t last) {
    CenterSum sum;
    for (std::size_t i = first; i < last; ++i) {
        const Coordinates x = unpack(points.xy[i], points.zw[i]);
        sum.weight += points.weights[i];
        for (std::size_t d = 0; d < kDims; ++d) sum.sum[d] += points.weights[i] * x[d];
    }
    return sum;
}

}  // namespace

std::array<double, kDims> principal_axis(const Points& points, const std::int64_t* weights) {
    std::array<double, kDims> mean{};
    double weight = 0;
    for (std::size_t i = 0; i < points.n; ++i) {
        const Coordinates x = unpack(points.xy[i], points.zw[i]);
        const auto w = static_cast<double>(weights[i]);
        weight += w;
        for (std::size_t d = 0; d < kDims; ++d) mean[d] += w * x[d];
    }
    for (double& m : mean) m /= weight;
    std::array<std::array<double, kDims>, kDims> covariance{};
    for (std::size_t i = 0; i < points.n; ++i) {
        const Coordinates x = unpack(points.xy[i], points.zw[i]);
        const auto w = static_cast<double>(weights[i]);
        double centered[kDims];
        for (std::size_t d = 0; d < kDims; ++d) centered[d] = x[d] - mean[d];
        for (std::size_t a = 0; a < kDims; ++a)
            for (std::size_t b = a; b < kDims; ++b) covariance[a][b] += w * centered[a] * centered[b];
    }
    std::size_t widest = 0;
    for (std::size_t a = 0; a < kDims; ++a) {
        for (std::size_t b = 0; b < a; ++b) covariance[a][b] = covariance[b][a];
        if (covariance[a][a] > covariance[widest][widest]) widest = a;
    }
    // Power iteration, from the row of the widest coordinate.
    std::array<double, kDims> axis = covariance[widest];
    for (int step = 0; step < 12; ++step) {
        std::array<double, kDims> next{};
        double largest = 0;
        for (std::size_t a = 0; a < kDims; ++a) {
            for (std::size_t b = 0; b < kDims; ++b) next[a] += covariance[a][b] * axis[b];
            largest = std::max(largest, std::fabs(next[a]));
        }
        if (largest == 0) break;
        for (std::size_t a = 0; a < kDims; ++a) axis[a] = next[a] / largest;
    }
    return axis;
}

std::vector<Coordinates> wu_seed(const WeightedPoints& all, std::size_t k) {
    const std::size_t n = all.size();
    Permuted points{{all.points.xy, all.points.xy + n}, {all.points.zw, all.points.zw + n}, {all.weights, all.weights + n}};
    std::vector<Group> groups{{0, all.size(), sum_of(points, 0, all.size())}};
    find_cut(points, groups[0]);
    // The group that gains most, the earliest of equals.
    std::priority_queue<std::pair<double, std::int64_t>> by_gain;
    by_gain.emplace(groups[0].gain, 0);
    while (groups.size() < k && by_gain.top().first > 0) {
        const auto at = static_cast<std::size_t>(-by_gain.top().second);
        by_gain.pop();
        const Group whole = groups[at];
        Group left{whole.first, whole.cut, sum_of(points, whole.first, whole.cut)};
        Group right{whole.cut, whole.last, whole.sum};
        right.sum.weight -= left.sum.weight;
        for (std::size_t d = 0; d < kDims; ++d) right.sum.sum[d] -= left.sum.sum[d];
        find_cut(points, left);
        find_cut(points, right);
        groups[at] = left;
        groups.push_back(right);
        by_gain.emplace(left.gain, -static_cast<std::int64_t>(at));
        by_gain.emplace(right.gain, -static_cast<std::int64_t>(groups.size() - 1));
    }
    std::vector<Coordinates> centers;
    for (const Group& group : groups) centers.push_back(mean_of(group.sum));
    return centers;
}

}  // namespace pil_kmeans
