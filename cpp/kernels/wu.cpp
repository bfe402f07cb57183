#include "kernels/wu.hpp"

#include <algorithm>
#include <array>
#include <cmath>
#include <queue>

namespace pil_kmeans {
namespace {

constexpr std::size_t kBins = 32;  // cuts tried across an axis

struct Group {
    std::size_t first, last;  // range of the permuted points
    CenterSum sum;
    std::size_t cut = 0;  // first point of the second half
    double gain = 0;      // how much the cut lowers the inertia
};

struct Permuted {
    std::vector<std::uint32_t> xy, zw;
    std::vector<std::int64_t> weights;

    void move(std::size_t from, std::size_t to) {
        xy[to] = xy[from];
        zw[to] = zw[from];
        weights[to] = weights[from];
    }
};

CenterSum sum_of(const Permuted& points, std::size_t first, std::size_t last) {
    CenterSum sum;
    for (std::size_t i = first; i < last; ++i) {
        const Coordinates x = unpack(points.xy[i], points.zw[i]);
        sum.weight += points.weights[i];
        for (std::size_t d = 0; d < kDims; ++d) sum.sum[d] += points.weights[i] * x[d];
    }
    return sum;
}

CenterSum difference(const CenterSum& whole, const CenterSum& part) {
    CenterSum rest = whole;
    rest.weight -= part.weight;
    for (std::size_t d = 0; d < kDims; ++d) rest.sum[d] -= part.sum[d];
    return rest;
}

class Splitter {
public:
    explicit Splitter(const WeightedPoints& all)
        : points_{{all.points.xy, all.points.xy + all.size()},
                  {all.points.zw, all.points.zw + all.size()},
                  {all.weights, all.weights + all.size()}},
          spare_(points_),
          place_(all.size()),
          bin_(all.size()) {}

    const Permuted& points() const { return points_; }

    // Order the group's points so that its best cut falls between two of them.
    void find_cut(Group& group) {
        const std::size_t n = group.last - group.first;
        const Points view{&points_.xy[group.first], &points_.zw[group.first], n};
        const std::int64_t* weights = &points_.weights[group.first];
        const std::array<float, kDims> axis = principal_axis(view, weights, group.sum);
        float low = 0, high = 0;
        for (std::size_t i = 0; i < n; ++i) {
            const Coordinates x = unpack(view.xy[i], view.zw[i]);
            const float place = (axis[0] * x[0] + axis[1] * x[1]) + (axis[2] * x[2] + axis[3] * x[3]);
            place_[i] = place;
            low = i ? std::min(low, place) : place;
            high = i ? std::max(high, place) : place;
        }
        if (!(high > low)) return;
        struct Bin {
            double weight = 0, moment = 0;
        };
        std::array<Bin, kBins> bins{};
        const float to_bin = static_cast<float>(kBins) * 0.9999f / (high - low);
        Bin total;
        for (std::size_t i = 0; i < n; ++i) {
            const float above = place_[i] - low;
            bin_[i] = static_cast<std::uint8_t>(above * to_bin);
            const auto weight = static_cast<double>(weights[i]);
            bins[bin_[i]].weight += weight;
            bins[bin_[i]].moment += weight * above;
        }
        for (const Bin& bin : bins) {
            total.weight += bin.weight;
            total.moment += bin.moment;
        }
        Bin left;
        double best = 0, best_halves = 1;
        std::size_t best_bin = 0;
        for (std::size_t b = 0; b + 1 < kBins; ++b) {
            left.weight += bins[b].weight;
            left.moment += bins[b].moment;
            const double apart = left.moment * total.weight - total.moment * left.weight;
            const double between = apart * apart, halves = left.weight * (total.weight - left.weight);
            if (between * best_halves > best * halves) {  // compares the quotients
                best = between;
                best_halves = halves;
                best_bin = b;
            }
        }
        std::size_t left_at = group.first, right_at = 0;
        for (std::size_t i = 0; i < n; ++i) {
            const std::size_t from = group.first + i;
            if (bin_[i] <= best_bin) {
                points_.move(from, left_at++);
            } else {
                spare_.xy[right_at] = points_.xy[from];
                spare_.zw[right_at] = points_.zw[from];
                spare_.weights[right_at++] = points_.weights[from];
            }
        }
        group.cut = left_at;
        std::copy_n(spare_.xy.data(), right_at, &points_.xy[left_at]);
        std::copy_n(spare_.zw.data(), right_at, &points_.zw[left_at]);
        std::copy_n(spare_.weights.data(), right_at, &points_.weights[left_at]);
        const CenterSum half = sum_of(points_, group.first, group.cut);
        group.gain = explained_energy(half) + explained_energy(difference(group.sum, half)) - explained_energy(group.sum);
    }

private:
    Permuted points_, spare_;
    std::vector<float> place_;
    std::vector<std::uint8_t> bin_;
};

}  // namespace

std::array<float, kDims> principal_axis(const Points& points, const std::int64_t* weights, const CenterSum& sum) {
    std::array<float, kDims> mean{};
    for (std::size_t d = 0; d < kDims; ++d)
        mean[d] = static_cast<float>(static_cast<double>(sum.sum[d]) / static_cast<double>(sum.weight));
    std::array<std::array<double, kDims>, kDims> covariance{};
    for (std::size_t i = 0; i < points.n; ++i) {
        const Coordinates x = unpack(points.xy[i], points.zw[i]);
        const auto w = static_cast<double>(weights[i]);
        float centered[kDims];
        for (std::size_t d = 0; d < kDims; ++d) centered[d] = static_cast<float>(x[d]) - mean[d];
        for (std::size_t a = 0; a < kDims; ++a) {
            const double scaled = w * centered[a];
            for (std::size_t b = a; b < kDims; ++b) covariance[a][b] += scaled * centered[b];
        }
    }
    std::size_t widest = 0;
    for (std::size_t a = 0; a < kDims; ++a) {
        for (std::size_t b = 0; b < a; ++b) covariance[a][b] = covariance[b][a];
        if (covariance[a][a] > covariance[widest][widest]) widest = a;
    }
    // Power iteration, from the row of the widest coordinate.
    std::array<double, kDims> axis = covariance[widest];
    for (int step = 0; step < 4; ++step) {
        std::array<double, kDims> next{};
        double largest = 0;
        for (std::size_t a = 0; a < kDims; ++a) {
            for (std::size_t b = 0; b < kDims; ++b) next[a] += covariance[a][b] * axis[b];
            largest = std::max(largest, std::fabs(next[a]));
        }
        if (largest == 0) return {};
        for (std::size_t a = 0; a < kDims; ++a) axis[a] = next[a] / largest;
    }
    return {static_cast<float>(axis[0]), static_cast<float>(axis[1]), static_cast<float>(axis[2]),
            static_cast<float>(axis[3])};
}

std::vector<Coordinates> wu_seed(const WeightedPoints& all, std::size_t k) {
    Splitter splitter(all);
    std::vector<Group> groups{{0, all.size(), sum_of(splitter.points(), 0, all.size())}};
    splitter.find_cut(groups[0]);
    // The group that gains most, the earliest of equals.
    std::priority_queue<std::pair<double, std::int64_t>> by_gain;
    by_gain.emplace(groups[0].gain, 0);
    while (groups.size() < k && by_gain.top().first > 0) {
        const auto at = static_cast<std::size_t>(-by_gain.top().second);
        by_gain.pop();
        const Group whole = groups[at];
        Group left{whole.first, whole.cut, sum_of(splitter.points(), whole.first, whole.cut)};
        Group right{whole.cut, whole.last, difference(whole.sum, left.sum)};
        splitter.find_cut(left);
        splitter.find_cut(right);
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
