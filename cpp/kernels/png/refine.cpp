// See `refine_filtered` and `blurred_error` in rate_distortion.hpp. Compiled once per instruction set.
//
// The sum of squares of blurred errors is a quadratic form of the errors: it changes with the error of one pixel as a
// squared distance from a target does, which what is about the pixel asks for. `field` holds the sums that say so, of
// all errors times roots of their weights, and is kept up to date.
#include <cmath>
#include <limits>

#include "kernels/isa/isa_kernels.hpp"
#include "kernels/png/pixel_coder.hpp"
#include "kernels/png/predicted.hpp"

namespace pil_kmeans::PIL_KMEANS_ISA {
namespace {

constexpr float kMostBits = 12;  // more than the cheapest, by which an entry may be dearer before it is looked at

struct Point {
    std::uint32_t xy, zw;

    std::int32_t coordinate(std::size_t c) const {
        const std::uint32_t pair = c < 2 ? xy : zw;
        return static_cast<std::int16_t>(c % 2 ? pair >> 16 : pair & 0xffff);
    }
};

// The errors of all pixels but those that keep their index, as what is about them sees them.
class ErrorField {
  public:
    static constexpr std::size_t kRoom = kLiterals + kSearchLanes;

    ErrorField(const Region& region, const Points& entries, const float* blur, float* field,
               const std::uint8_t* indices)
        : region_(region), weigh_(region.color), field_(field) {
        for (std::size_t i = 0; i < std::size(blur_); ++i) blur_[i] = blur[i / kDims];
        for (std::size_t j = 0; j < kRoom; ++j) {
            xy_[j] = j < entries.n ? first_lane(weigh_.xy(broadcast_word(entries.xy[j]))) : 0;
            zw_[j] = j < entries.n ? first_lane(weigh_.zw(broadcast_word(entries.zw[j]))) : 0;
        }
        for (std::size_t i = 0; i < region_.height * region_.width; ++i)
            if (region_.weights[i] >= 0) spread(i, entry(indices[i]), pixel(i));
    }

    Coords entries(std::size_t j) const { return {load(xy_ + j), load(zw_ + j)}; }

    // Say that a pixel gets another entry.
    void replace(std::size_t i, std::size_t now, std::size_t before) { spread(i, entry(now), entry(before)); }

    // What would be best for a pixel that has this entry if indices took no bits.
    Coords target(std::size_t i, std::size_t index) const {
        const float* const own = cell(i);
        const float each = root(i);
        std::int16_t wanted[kDims];
        for (std::size_t c = 0; c < kDims; ++c) {
            const float off = each > 0 ? own[c] / each : 0;
            const float at = static_cast<float>(entry(index).coordinate(c)) - off;
            const float within = at < -kFarthest ? -kFarthest : at > kFarthest ? kFarthest : at;
            wanted[c] = static_cast<std::int16_t>(within < 0 ? within - 0.5f : within + 0.5f);
        }
        return {broadcast_word(pack_pair(wanted[0], wanted[1])), broadcast_word(pack_pair(wanted[2], wanted[3]))};
    }

    // The sum of squares.
    double sum(const std::uint8_t* indices) const {
        double sum = 0;
        for (std::size_t i = 0; i < region_.height * region_.width; ++i) {
            if (region_.weights[i] < 0) continue;
            const float* const own = cell(i);
            double product = 0;
            for (std::size_t c = 0; c < kDims; ++c) {
                const std::int32_t error = entry(indices[i]).coordinate(c) - pixel(i).coordinate(c);
                product += static_cast<double>(error) * static_cast<double>(own[c]);
            }
            sum += static_cast<double>(root(i)) * product;
        }
        return sum;
    }

  private:
    static constexpr float kFarthest = kReach;

    Point entry(std::size_t j) const { return {xy_[j], zw_[j]}; }

    Point pixel(std::size_t i) const {
        return {first_lane(weigh_.xy(broadcast_word(region_.points.xy[i]))),
                first_lane(weigh_.zw(broadcast_word(region_.points.zw[i])))};
    }

    float root(std::size_t i) const { return std::sqrt(region_.weights[i] * region_.scale); }

    std::size_t stride() const { return kDims * (region_.width + 2 * kErrorReach); }

    // The first cell that the error of pixel i is part of.
    float* cells(std::size_t i) const { return field_ + i / region_.width * stride() + kDims * (i % region_.width); }

    // Its own.
    const float* cell(std::size_t i) const { return cells(i) + kErrorReach * (stride() + kDims); }

    // Put the error of pixel i, which becomes what it was plus `now` less `before`, into the field.
    void spread(std::size_t i, const Point& now, const Point& before) {
        constexpr std::size_t kRow = kDims * kErrorSide;
        float change[kRow];
        for (std::size_t c = 0; c < kDims; ++c)
            change[c] = root(i) * static_cast<float>(now.coordinate(c) - before.coordinate(c));
        for (std::size_t c = kDims; c < kRow; ++c) change[c] = change[c - kDims];
        float* row = cells(i);
        for (std::size_t dy = 0; dy < kErrorSide; ++dy, row += stride())
            for (std::size_t c = 0; c < kRow; ++c) row[c] += blur_[dy * kRow + c] * change[c];
    }

    const Region region_;
    const Weigher weigh_;
    float* const field_;
    float blur_[kErrorSide * kErrorSide * kDims];
    alignas(32) std::uint32_t xy_[kRoom], zw_[kRoom];
};

class Refinement {
  public:
    Refinement(const Region& region, const Points& entries, const FilteredBits& bits, const float* blur, float* field,
               std::uint8_t* indices)
        : region_(region),
          errors_(region, entries, blur, field, indices),
          k_(entries.n),
          lowest_(bits.lowest),
          types_(bits.types),
          indices_(indices) {
        for (std::size_t i = 0; i < std::size(prices_); ++i) prices_[i] = bits.prices[i % kLiterals];
    }

    void run() {
        for (std::size_t y = 0; y < region_.height; ++y)
            for (std::size_t x = 0; x < region_.width; ++x)
                if (region_.weights[y * region_.width + x] >= 0) choose(y, x);
    }

  private:
    void choose(std::size_t y, std::size_t x) {
        const std::size_t width = region_.width, i = y * width + x;
        const std::uint8_t* const at = indices_ + i;
        const std::int32_t left = x ? at[-1] : 0, above = y ? *(at - width) : 0;
        const std::int32_t above_left = x && y ? *(at - width - 1) : 0;
        const float* const prices = prices_ + kLiterals - predicted(types_[y], left, above, above_left);
        const Coords wanted = errors_.target(i, *at);
        const float weight = region_.weights[i] * region_.scale, never = std::numeric_limits<float>::infinity();
        for (std::size_t j = 0; j < k_; j += kLanes) {
            const Vec distance = square(minus(wanted, errors_.entries(j)));
            store(costs_ + j, plus(times(distance, weight), load(prices + j)));
        }
        for (std::size_t j = 0; j < lowest_; ++j) costs_[j] = never;
        for (std::size_t j = k_; j % kLanes; ++j) costs_[j] = never;
        Vec least = broadcast_float(never);
        for (std::size_t j = 0; j < k_; j += kLanes) least = min_float(load(costs_ + j), least);
        const Vec limit = broadcast_float(least_float(least) + kMostBits);
        std::size_t best = *at;
        float cost = costs_[best] + bits_behind(y, x, static_cast<std::int32_t>(best), left, above);
        for (std::size_t j = 0; j < k_; j += kLanes) {
            const unsigned dear = lane_bits(less_float(limit, load(costs_ + j)));
            for (std::size_t entry = j; entry < j + kLanes; ++entry) {
                if (dear >> (entry - j) & 1 || !(costs_[entry] < cost)) continue;
                const float found = costs_[entry] + bits_behind(y, x, static_cast<std::int32_t>(entry), left, above);
                if (found < cost) cost = found, best = entry;
            }
        }
        if (best == *at) return;
        errors_.replace(i, best, *at);
        indices_[i] = static_cast<std::uint8_t>(best);
    }

    // What the pixels take that are predicted from an index.
    float bits_behind(std::size_t y, std::size_t x, std::int32_t index, std::int32_t left, std::int32_t above) const {
        const std::size_t width = region_.width;
        const std::uint8_t *const at = indices_ + y * width + x, *const below = at + width;
        const bool has_right = x + 1 < width, has_below = y + 1 < region_.height;
        const auto price = [&](std::int32_t byte, std::int32_t taken) { return prices_[kLiterals + byte - taken]; };
        float bits = 0;
        if (has_right) bits += price(at[1], predicted(types_[y], index, y ? *(at - width + 1) : 0, above));
        if (!has_below) return bits;
        bits += price(below[0], predicted(types_[y + 1], x ? *(below - 1) : 0, index, left));
        if (has_right) bits += price(below[1], predicted(types_[y + 1], below[0], at[1], index));
        return bits;
    }

    const Region region_;
    ErrorField errors_;
    const std::size_t k_, lowest_;
    const RowFilter* const types_;
    std::uint8_t* const indices_;
    float prices_[2 * kLiterals + kSearchLanes];  // of what is left of indices, from -256 on
    alignas(32) float costs_[ErrorField::kRoom];
};

}  // namespace

void refine_filtered(const Region& region, const Points& entries, const FilteredBits& bits, const float* blur,
                     float* field, std::uint8_t* indices) {
    Refinement(region, entries, bits, blur, field, indices).run();
}

double blurred_error(const Region& region, const Points& entries, const float* blur, float* field,
                     const std::uint8_t* indices) {
    return ErrorField(region, entries, blur, field, indices).sum(indices);
}

}  // namespace pil_kmeans::PIL_KMEANS_ISA
