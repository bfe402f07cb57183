#include "kernels/kmeans/wu.hpp"

#include <algorithm>
#include <array>
#include <bit>
#include <cmath>
#include <queue>

namespace pil_kmeans {
namespace {

constexpr std::size_t kBins = 32;  // cuts tried across an axis, one bit of a word each
constexpr std::size_t kLanes = 4;  // sums kept side by side: always as many, so that they add up the same everywhere

struct Group {
    std::size_t first, last;  // range of the permuted points
    CenterSum sum;
    Covariance covariance{};  // times the weight
    double gain = 0;          // how much the best cut lowers the inertia; before that is known, no less
    bool has_cut = false;     // or that there is none
    std::size_t cut = 0;      // first point of the second half
    CenterSum left{};         // of the first half
};

CenterSum difference(const CenterSum& whole, const CenterSum& part) {
    CenterSum rest = whole;
    rest.weight -= part.weight;
    for (std::size_t d = 0; d < kDims; ++d) rest.sum[d] -= part.sum[d];
    return rest;
}

// The points, coordinate by coordinate, in an order that keeps every group together. All but the first D coordinates
// are zero. Weights are below 2^48 together, so doubles hold them exactly.
template <std::size_t D>
class Splitter {
  public:
    explicit Splitter(const WeightedPoints& all) : weight_(all.weights, all.weights + all.size()), bin_(all.size()) {
        const std::size_t n = all.size();
        for (std::vector<float>& axis : x_) axis.resize(n);
        for (std::size_t i = 0; i < n; ++i) {
            const Coordinates x = unpack(all.points.xy[i], all.points.zw[i]);
            for (std::size_t d = 0; d < D; ++d) x_[d][i] = x[d];
        }
        spare_ = x_;
        spare_weight_ = weight_;
        place_.resize(n);
    }

    CenterSum sum(std::size_t first, std::size_t last) const {
        CenterSum sum;
        for (std::size_t i = first; i < last; ++i) add(i, sum);
        return sum;
    }

    // A group whose best cut is not known, but that it gains no more than there is along any axis: most groups are
    // found to be never cut by that alone.
    Group group_of(std::size_t first, std::size_t last, const CenterSum& sum) const {
        Group group{first, last, sum};
        if (last - first < 2) return group;
        group.covariance = covariance_of(group);
        double squares = 0;  // their root is no less than the largest eigenvalue
        for (const auto& row : group.covariance)
            for (const float value : row) squares += static_cast<double>(value) * static_cast<double>(value);
        group.gain = (1 + kRounding) * std::sqrt(squares);
        return group;
    }

    // Order the group's points so that its best cut falls between two of them.
    void find_cut(Group& group) {
        group.has_cut = true;
        group.gain = 0;
        const std::array<float, D> mean = mean_of(group);
        const std::array<float, kDims> axis = main_axis(group.covariance);
        for (std::size_t i = group.first; i < group.last; ++i) {
            float last = axis[2] * (x_[2][i] - mean[2]);
            if constexpr (D == 4) last += axis[3] * (x_[3][i] - mean[3]);
            place_[i] = (axis[0] * (x_[0][i] - mean[0]) + axis[1] * (x_[1][i] - mean[1])) + last;
        }
        const auto [low, high] = range(&place_[group.first], group.last - group.first);
        if (!(high > low)) return;
        const std::size_t best_bin = best_cut(group, low, static_cast<float>(kBins) * 0.9999f / (high - low));
        CenterSum left;
        std::size_t left_at = group.first, right_at = 0;
        for (std::size_t i = group.first; i < group.last; ++i) {
            if (bin_[i] <= best_bin) {
                add(i, left);
                for (std::size_t d = 0; d < D; ++d) x_[d][left_at] = x_[d][i];
                weight_[left_at++] = weight_[i];
            } else {
                for (std::size_t d = 0; d < D; ++d) spare_[d][right_at] = x_[d][i];
                spare_weight_[right_at++] = weight_[i];
            }
        }
        for (std::size_t d = 0; d < D; ++d) std::copy_n(spare_[d].data(), right_at, &x_[d][left_at]);
        std::copy_n(spare_weight_.data(), right_at, &weight_[left_at]);
        group.cut = left_at;
        group.left = left;
        group.gain =
            explained_energy(left) + explained_energy(difference(group.sum, left)) - explained_energy(group.sum);
    }

  private:
    static constexpr double kRounding = 1e-3;  // more than sums of floats are off by

    static std::array<float, D> mean_of(const Group& group) {
        std::array<float, D> mean;
        for (std::size_t d = 0; d < D; ++d)
            mean[d] = static_cast<float>(static_cast<double>(group.sum.sum[d]) / static_cast<double>(group.sum.weight));
        return mean;
    }

    void add(std::size_t i, CenterSum& sum) const {
        const auto weight = static_cast<std::int64_t>(weight_[i]);
        sum.weight += weight;
        for (std::size_t d = 0; d < D; ++d) sum.sum[d] += weight * static_cast<std::int64_t>(x_[d][i]);
    }

    // Least and largest of some values and zero.
    static std::pair<float, float> range(const float* values, std::size_t n) {
        float low[kLanes] = {}, high[kLanes] = {};
        const auto add = [&](float value, std::size_t lane) {
            low[lane] = value < low[lane] ? value : low[lane];
            high[lane] = value > high[lane] ? value : high[lane];
        };
        std::size_t i = 0;
        for (; i + kLanes <= n; i += kLanes)
            for (std::size_t lane = 0; lane < kLanes; ++lane) add(values[i + lane], lane);
        for (; i < n; ++i) add(values[i], 0);
        return {*std::min_element(low, low + kLanes), *std::max_element(high, high + kLanes)};
    }

    Covariance covariance_of(const Group& group) const {
        const std::array<float, D> mean = mean_of(group);
        float lanes[D][D][kLanes] = {};
        const auto add = [&](std::size_t first, auto n_lanes) {
            float apart[D][n_lanes()];
            for (std::size_t d = 0; d < D; ++d)
                for (std::size_t lane = 0; lane < n_lanes(); ++lane) apart[d][lane] = x_[d][first + lane] - mean[d];
            for (std::size_t a = 0; a < D; ++a) {
                float weighted[n_lanes()];
                for (std::size_t lane = 0; lane < n_lanes(); ++lane)
                    weighted[lane] = static_cast<float>(weight_[first + lane]) * apart[a][lane];
                for (std::size_t b = a; b < D; ++b)
                    for (std::size_t lane = 0; lane < n_lanes(); ++lane)
                        lanes[a][b][lane] += weighted[lane] * apart[b][lane];
            }
        };
        std::size_t i = group.first;
        for (; i + kLanes <= group.last; i += kLanes) add(i, std::integral_constant<std::size_t, kLanes>{});
        for (; i < group.last; ++i) add(i, std::integral_constant<std::size_t, 1>{});
        Covariance covariance{};
        for (std::size_t a = 0; a < D; ++a)
            for (std::size_t b = a; b < D; ++b) {
                const float* sums = lanes[a][b];
                covariance[a][b] = covariance[b][a] = (sums[0] + sums[1]) + (sums[2] + sums[3]);
            }
        return covariance;
    }

    // The bin after which to cut so that the places on the axis differ least within the halves.
    std::size_t best_cut(const Group& group, float low, float to_bin) {
        struct Bin {
            double weight = 0, moment = 0;
        };
        std::array<Bin, kBins> bins{};
        std::uint32_t occupied = 0;  // one bit a bin: groups are small, and a cut after an empty bin is no new one
        const float* const place = place_.data();
        const double* const weight = weight_.data();
        std::uint8_t* const bin_of = bin_.data();  // a store of a byte may not be taken to change where the others are
        for (std::size_t i = group.first; i < group.last; ++i) {
            const float above = place[i] - low;
            const auto b = static_cast<std::uint8_t>(above * to_bin);
            bins[b].weight += weight[i];
            bins[b].moment += weight[i] * static_cast<double>(above);
            occupied |= std::uint32_t{1} << b;
            bin_of[i] = b;
        }
        Bin total, left;
        for (std::uint32_t rest = occupied; rest; rest &= rest - 1) {
            const Bin& bin = bins[static_cast<std::size_t>(std::countr_zero(rest))];
            total.weight += bin.weight;
            total.moment += bin.moment;
        }
        double best = 0, best_halves = 1;
        std::size_t best_bin = 0;
        for (std::uint32_t rest = occupied; rest & (rest - 1); rest &= rest - 1) {  // but the last
            const auto b = static_cast<std::size_t>(std::countr_zero(rest));
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
        return best_bin;
    }

    std::array<std::vector<float>, D> x_, spare_;
    std::vector<double> weight_, spare_weight_;
    std::vector<float> place_;
    std::vector<std::uint8_t> bin_;
};

template <std::size_t D>
std::vector<CenterSum> split(const WeightedPoints& all, std::size_t k) {
    Splitter<D> splitter(all);
    std::vector<Group> groups;
    // The group that gains most, the earliest of equals.
    std::priority_queue<std::pair<double, std::int64_t>> by_gain;
    const auto queue = [&](std::size_t at) { by_gain.emplace(groups[at].gain, -static_cast<std::int64_t>(at)); };
    groups.push_back(splitter.group_of(0, all.size(), splitter.sum(0, all.size())));
    queue(0);
    while (groups.size() < k && by_gain.top().first > 0) {
        const auto at = static_cast<std::size_t>(-by_gain.top().second);
        by_gain.pop();
        if (!groups[at].has_cut) {
            splitter.find_cut(groups[at]);
        } else {
            const Group whole = groups[at];
            groups[at] = splitter.group_of(whole.first, whole.cut, whole.left);
            groups.push_back(splitter.group_of(whole.cut, whole.last, difference(whole.sum, whole.left)));
            queue(groups.size() - 1);
        }
        queue(at);
    }
    std::vector<CenterSum> sums;
    for (const Group& group : groups) sums.push_back(group.sum);
    return sums;
}

}  // namespace

std::array<float, kDims> main_axis(const Covariance& covariance) {
    std::size_t widest = 0;
    for (std::size_t a = 1; a < kDims; ++a)
        if (covariance[a][a] > covariance[widest][widest]) widest = a;
    // Power iteration, from the row of the widest coordinate.
    std::array<float, kDims> axis = covariance[widest];
    for (int step = 0; step < 4; ++step) {
        float largest = 0;
        for (const float a : axis) largest = std::max(largest, std::fabs(a));
        if (largest == 0) return {};
        std::array<float, kDims> next{};
        for (std::size_t b = 0; b < kDims; ++b) {
            const float share = axis[b] / largest;
            for (std::size_t a = 0; a < kDims; ++a) next[a] += covariance[a][b] * share;
        }
        axis = next;
    }
    float largest = 0;
    for (const float a : axis) largest = std::max(largest, std::fabs(a));
    if (largest == 0) return {};
    for (float& a : axis) a /= largest;
    return axis;
}

std::vector<CenterSum> wu_seed(const WeightedPoints& all, std::size_t k) {
    const bool has_alpha =
        std::any_of(all.points.zw, all.points.zw + all.size(), [](std::uint32_t zw) { return zw >> 16; });
    return has_alpha ? split<4>(all, k) : split<3>(all, k);
}

}  // namespace pil_kmeans
