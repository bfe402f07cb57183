#include "kernels/kmeans/worst_block.hpp"

#include <algorithm>
#include <array>
#include <cmath>
#include <limits>

namespace pil_kmeans {
namespace {

constexpr double kMostMore = 6;  // times what they count for, that pixels of the worst block count in addition
constexpr double kNoMore = 1.0 / 64;
constexpr std::size_t kMostSwapped = 1024;

using Position = std::array<double, kDims>;

struct Sum {
    Position sum{};
    double weight = 0;

    void add(const Position& position, double w) {
        for (std::size_t d = 0; d < kDims; ++d) sum[d] += w * position[d];
        weight += w;
    }

    void add(const Sum& other) {
        for (std::size_t d = 0; d < kDims; ++d) sum[d] += other.sum[d];
        weight += other.weight;
    }

    Position mean() const {
        Position result;
        for (std::size_t d = 0; d < kDims; ++d) result[d] = sum[d] / weight;
        return result;
    }
};

double squared_distance(const Position& a, const Position& b) {
    double result = 0;
    for (std::size_t d = 0; d < kDims; ++d) result += (a[d] - b[d]) * (a[d] - b[d]);
    return result;
}

class Mending {
  public:
    Mending(const LabeledPixels& pixels, std::size_t side, const std::vector<double>& centers,
            const std::vector<double>& weights)
        : pixels_(pixels),
          side_(side),
          height_(pixels.points.n / pixels.width),
          blocks_a_row_((pixels.width + side - 1) / side),
          centers_(weights.size()) {
        for (std::size_t c = 0; c < centers_.size(); ++c) {
            Position position;
            std::copy_n(centers.data() + kDims * c, kDims, position.begin());
            centers_[c].add(position, weights[c]);
            positions_.push_back(position);
        }
        more_.resize(centers_.size());
        find_errors();
        if (errors_[worst_] > 0) count_more();
    }

    void swap() {
        if (centers_.size() < 2 || centers_.size() > kMostSwapped || errors_[worst_] == 0) return;
        constexpr double kFactor = 1 + kMostMore;
        Sum own;
        for_pixels(worst_, [&](std::size_t i) { own.add(position(i), kFactor * pixels_.weights[i]); });
        if (own.weight == 0) return;
        const Position wanted = own.mean();
        double gain = 0;
        for_pixels(worst_, [&](std::size_t i) {
            const Position p = position(i);
            const double less = squared_distance(p, positions_[pixels_.labels[i]]) - squared_distance(p, wanted);
            if (less > 0) gain += kFactor * pixels_.weights[i] * less;
        });
        double least = std::numeric_limits<double>::infinity();
        std::size_t missed_least = 0, heir = 0;
        for (std::size_t c = 0; c < centers_.size(); ++c) {
            double nearest = std::numeric_limits<double>::infinity();
            std::size_t neighbor = 0;
            for (std::size_t other = 0; other < centers_.size(); ++other) {
                const double distance = other == c ? nearest : squared_distance(positions_[c], positions_[other]);
                if (distance < nearest) {
                    nearest = distance;
                    neighbor = other;
                }
            }
            const double a = counted(c), b = counted(neighbor);
            const double loss = a + b > 0 ? a * b / (a + b) * nearest : 0;
            if (loss < least) {
                least = loss;
                missed_least = c;
                heir = neighbor;
            }
        }
        if (gain <= least) return;
        for_pixels(worst_, [&](std::size_t i) {
            more_[pixels_.labels[i]].add(position(i), -kMostMore * pixels_.weights[i]);
            centers_[pixels_.labels[i]].add(position(i), -pixels_.weights[i]);
        });
        for (std::vector<Sum>* sums : {&centers_, &more_}) {
            (*sums)[heir].add((*sums)[missed_least]);
            (*sums)[missed_least] = {};
        }
        centers_[missed_least] = own;
    }

    void move(std::vector<double>& centers, std::vector<double>& weights) {
        for (std::size_t c = 0; c < centers_.size(); ++c) {
            centers_[c].add(more_[c]);
            weights[c] = std::max(centers_[c].weight, 0.0);
            if (weights[c] == 0) continue;  // it stays where it is
            const Position mean = centers_[c].mean();
            for (std::size_t d = 0; d < kDims; ++d)
                centers[kDims * c + d] = std::clamp(mean[d], -double{kMaxCoordinate}, double{kMaxCoordinate});
        }
    }

  private:
    double counted(std::size_t c) const { return centers_[c].weight + more_[c].weight; }

    Position position(std::size_t i) const {
        Position result;
        const Coordinates coordinates = unpack(pixels_.points.xy[i], pixels_.points.zw[i]);
        std::copy(coordinates.begin(), coordinates.end(), result.begin());
        return result;
    }

    // Squares of the means of blocks, smaller at the picture's ends where blocks are not whole.
    void find_errors() {
        std::vector<std::array<std::int32_t, kDims>> rounded(centers_.size());
        for (std::size_t c = 0; c < centers_.size(); ++c)
            for (std::size_t d = 0; d < kDims; ++d)
                rounded[c][d] = static_cast<std::int32_t>(std::nearbyint(positions_[c][d]));
        errors_.resize((height_ + side_ - 1) / side_ * blocks_a_row_);
        for (std::size_t b = 0; b < errors_.size(); ++b) {
            std::array<std::int64_t, kDims> sum{};
            std::size_t n = 0;
            for_pixels(b, [&](std::size_t i) {
                const Coordinates point = unpack(pixels_.points.xy[i], pixels_.points.zw[i]);
                for (std::size_t d = 0; d < kDims; ++d) sum[d] += point[d] - rounded[pixels_.labels[i]][d];
                ++n;
            });
            double square = 0;
            for (const std::int64_t part : sum) square += static_cast<double>(part) * static_cast<double>(part);
            errors_[b] = square / static_cast<double>(n * side_ * side_);
        }
        worst_ = static_cast<std::size_t>(std::max_element(errors_.begin(), errors_.end()) - errors_.begin());
    }

    // What pixels of bad blocks count for in addition.
    void count_more() {
        for (std::size_t b = 0; b < errors_.size(); ++b) {
            const double share = errors_[b] / errors_[worst_], more = kMostMore * share * share;
            if (more < kNoMore) continue;
            for_pixels(b, [&](std::size_t i) { more_[pixels_.labels[i]].add(position(i), more * pixels_.weights[i]); });
        }
    }

    // Call `take(i)` for all pixels of a block, row by row.
    template <typename Take>
    void for_pixels(std::size_t block, const Take& take) const {
        const std::size_t top = block / blocks_a_row_ * side_, left = block % blocks_a_row_ * side_;
        for (std::size_t y = top; y < std::min(top + side_, height_); ++y)
            for (std::size_t x = left; x < std::min(left + side_, pixels_.width); ++x) take(y * pixels_.width + x);
    }

    const LabeledPixels& pixels_;
    std::size_t side_, height_, blocks_a_row_;
    std::vector<Position> positions_;  // of centers
    std::vector<Sum> centers_, more_;  // their points, and what pixels of bad blocks count in addition
    std::vector<double> errors_;       // of blocks, squared
    std::size_t worst_ = 0;
};

}  // namespace

void mend_worst_block(const LabeledPixels& pixels, std::size_t side, std::vector<double>& centers,
                      std::vector<double>& weights) {
    Mending mending(pixels, side, centers, weights);
    mending.swap();
    mending.move(centers, weights);
}

}  // namespace pil_kmeans
