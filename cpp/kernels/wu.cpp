#include "kernels/wu.hpp"

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
    std::size_t cut = 0;  // first point of the second half
    CenterSum left{};     // of the first half
    double gain = 0;      // how much the cut lowers the inertia
};

CenterSum difference(const CenterSum& whole, const CenterSum& part) {
    CenterSum rest = whole;
    rest.weight -= part.weight;
    for (std::size_t d = 0; d < kDims; ++d) rest.sum[d] -= part.sum[d];
    return rest;
}

// The points, coordinate by coordinate, in an order that keeps every group together.
class Splitter {
public:
    explicit Splitter(const WeightedPoints& all) : weight_(all.weights, all.weights + all.size()), bin_(all.size()) {
        const std::size_t n = all.size();
        for (std::vector<float>& axis : x_) axis.resize(n);
        for (std::size_t i = 0; i < n; ++i) {
            const Coordinates x = unpack(all.points.xy[i], all.points.zw[i]);
            for (std::size_t d = 0; d < kDims; ++d) x_[d][i] = x[d];
        }
        spare_ = x_;
        spare_weight_ = weight_;
        place_.resize(n);
    }

    CenterSum sum(std::size_t first, std::size_t last) const {
        CenterSum sum;
        for (std::size_t i = first; i < last; ++i) {
            sum.weight += weight_[i];
            for (std::size_t d = 0; d < kDims; ++d) sum.sum[d] += weight_[i] * static_cast<std::int64_t>(x_[d][i]);
        }
        return sum;
    }

    // Order the group's points so that its best cut falls between two of them.
    void find_cut(Group& group) {
        if (group.last - group.first < 2) return;
        std::array<float, kDims> mean;
        for (std::size_t d = 0; d < kDims; ++d)
            mean[d] = static_cast<float>(static_cast<double>(group.sum.sum[d]) / static_cast<double>(group.sum.weight));
        const std::array<float, kDims> axis = axis_of(group, mean);
        float low = 0, high = 0;
        for (std::size_t i = group.first; i < group.last; ++i) {
            place_[i] = (axis[0] * (x_[0][i] - mean[0]) + axis[1] * (x_[1][i] - mean[1])) +
                        (axis[2] * (x_[2][i] - mean[2]) + axis[3] * (x_[3][i] - mean[3]));
        }
        for (std::size_t i = group.first; i < group.last; ++i) {
            low = std::min(low, place_[i]);
            high = std::max(high, place_[i]);
        }
        if (!(high > low)) return;
        const std::size_t best_bin = best_cut(group, low, static_cast<float>(kBins) * 0.9999f / (high - low));
        CenterSum left;
        std::size_t left_at = group.first, right_at = 0;
        for (std::size_t i = group.first; i < group.last; ++i) {
            if (bin_[i] <= best_bin) {
                left.weight += weight_[i];
                for (std::size_t d = 0; d < kDims; ++d) {
                    left.sum[d] += weight_[i] * static_cast<std::int64_t>(x_[d][i]);
                    x_[d][left_at] = x_[d][i];
                }
                weight_[left_at++] = weight_[i];
            } else {
                for (std::size_t d = 0; d < kDims; ++d) spare_[d][right_at] = x_[d][i];
                spare_weight_[right_at++] = weight_[i];
            }
        }
        for (std::size_t d = 0; d < kDims; ++d) std::copy_n(spare_[d].data(), right_at, &x_[d][left_at]);
        std::copy_n(spare_weight_.data(), right_at, &weight_[left_at]);
        group.cut = left_at;
        group.left = left;
        group.gain = explained_energy(left) + explained_energy(difference(group.sum, left)) - explained_energy(group.sum);
    }

private:
    // Principal axis of a group, from its covariance.
    std::array<float, kDims> axis_of(const Group& group, const std::array<float, kDims>& mean) const {
        float lanes[kDims * (kDims + 1) / 2][kLanes] = {};
        const auto add = [&](std::size_t i, std::size_t lane) {
            const auto w = static_cast<float>(weight_[i]);
            const float a = x_[0][i] - mean[0], b = x_[1][i] - mean[1], c = x_[2][i] - mean[2], d = x_[3][i] - mean[3];
            lanes[0][lane] += w * a * a;
            lanes[1][lane] += w * a * b;
            lanes[2][lane] += w * a * c;
            lanes[3][lane] += w * a * d;
            lanes[4][lane] += w * b * b;
            lanes[5][lane] += w * b * c;
            lanes[6][lane] += w * b * d;
            lanes[7][lane] += w * c * c;
            lanes[8][lane] += w * c * d;
            lanes[9][lane] += w * d * d;
        };
        std::size_t i = group.first;
        for (; i + kLanes <= group.last; i += kLanes)
            for (std::size_t lane = 0; lane < kLanes; ++lane) add(i + lane, lane);
        for (; i < group.last; ++i) add(i, 0);
        Covariance covariance;
        std::size_t at = 0;
        for (std::size_t a = 0; a < kDims; ++a)
            for (std::size_t b = a; b < kDims; ++b, ++at)
                covariance[a][b] = covariance[b][a] = (lanes[at][0] + lanes[at][1]) + (lanes[at][2] + lanes[at][3]);
        return main_axis(covariance);
    }

    // The bin after which to cut so that the places on the axis differ least within the halves.
    std::size_t best_cut(const Group& group, float low, float to_bin) {
        struct Bin {
            double weight = 0, moment = 0;
        };
        std::array<Bin, kBins> bins{};
        std::uint32_t occupied = 0;  // one bit a bin: groups are small, and a cut after an empty bin is no new one
        for (std::size_t i = group.first; i < group.last; ++i) {
            const float above = place_[i] - low;
            bin_[i] = static_cast<std::uint8_t>(above * to_bin);
            const auto weight = static_cast<double>(weight_[i]);
            bins[bin_[i]].weight += weight;
            bins[bin_[i]].moment += weight * static_cast<double>(above);
            occupied |= std::uint32_t{1} << bin_[i];
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

    std::array<std::vector<float>, kDims> x_, spare_;
    std::vector<std::int64_t> weight_, spare_weight_;
    std::vector<float> place_;
    std::vector<std::uint8_t> bin_;
};

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
    Splitter splitter(all);
    std::vector<Group> groups{{0, all.size(), splitter.sum(0, all.size())}};
    splitter.find_cut(groups[0]);
    // The group that gains most, the earliest of equals.
    std::priority_queue<std::pair<double, std::int64_t>> by_gain;
    by_gain.emplace(groups[0].gain, 0);
    while (groups.size() < k && by_gain.top().first > 0) {
        const auto at = static_cast<std::size_t>(-by_gain.top().second);
        by_gain.pop();
        const Group whole = groups[at];
        Group left{whole.first, whole.cut, whole.left};
        Group right{whole.cut, whole.last, difference(whole.sum, whole.left)};
        splitter.find_cut(left);
        splitter.find_cut(right);
        groups[at] = left;
        groups.push_back(right);
        by_gain.emplace(left.gain, -static_cast<std::int64_t>(at));
        by_gain.emplace(right.gain, -static_cast<std::int64_t>(groups.size() - 1));
    }
    std::vector<CenterSum> sums;
    for (const Group& group : groups) sums.push_back(group.sum);
    return sums;
}

}  // namespace pil_kmeans
