// The search behind the filter Paeth, see rate_distortion.hpp. Ways through a row differ in the index of the last pixel
// and in the error that it leaves; of those that end in the same index the cheapest goes on.
//
// Compiled once per instruction set. Of ways that tie the first is taken, so that lanes do not matter.
#include <bit>
#include <limits>

#include "kernels/isa/isa_kernels.hpp"
#include "kernels/png/pixel_coder.hpp"
#include "kernels/png/predicted.hpp"

namespace pil_kmeans::PIL_KMEANS_ISA {
namespace {

constexpr float kMargin = 20;  // bits by which a way may be dearer than the cheapest

class PaethSearch {
  public:
    PaethSearch(const Region& region, const Points& entries, const Feedback& feedback, const SearchRoom& room)
        : region_(region), k_(entries.n), coder_(region, entries, Prices{}, feedback, room), room_(room) {}

    void choose(const float* prices, std::size_t lowest, PaethWays* ways) {
        for (std::size_t i = 0; i < std::size(prices_); ++i) prices_[i] = prices[i % kLiterals];
        for (std::size_t y = 0; y < region_.height; ++y) {
            begin_row(y);
            choose_row(y, lowest, ways);
            settle_row(y);
        }
    }

    void copy_to(std::uint8_t* indices) const { std::memcpy(indices, room_.stream, region_.height * region_.width); }

    double error() const { return error_; }

  private:
    struct Way {
        float cost;
        std::uint32_t xy, zw;  // error of the last pixel
        std::int32_t index;
    };

    std::uint8_t* row(std::size_t y) const { return room_.stream + y * region_.width; }

    void begin_row(std::size_t y) const {
        for (std::size_t x = 0; x < region_.width; x += coder_.stretch()) coder_.begin_stretch(y, x);
    }

    void choose_row(std::size_t y, std::size_t lowest, PaethWays* ways) {
        const std::uint8_t* const above = y ? row(y - 1) : nullptr;
        n_ = 1;
        now_[0] = {0, 0, 0, 0};
        for (std::size_t x = 0; x < region_.width; ++x) {
            const PixelCoder::Pixel pixel = coder_.pixel(y, x);
            const std::int32_t up = above ? above[x] : 0, up_left = above && x ? above[x - 1] : 0;
            const float* prices[kPaethWays];  // of each index
            for (std::size_t i = 0; i < n_; ++i)
                prices[i] = prices_ + kLiterals - predicted_by_paeth(now_[i].index, up, up_left);
            if (pixel.is_kept)
                keep(pixel.lowest, prices, ways[x]);
            else
                go_on(pixel, prices, lowest, ways[x]);
        }
        std::size_t way = 0;
        for (std::size_t x = region_.width; x-- > 0; way = ways[x].from[way]) row(y)[x] = ways[x].index[way];
    }

    // There is one way on.
    void keep(std::int32_t index, const float* const* prices, PaethWays& step) {
        std::size_t best = 0;
        float least = std::numeric_limits<float>::infinity();
        for (std::size_t i = 0; i < n_; ++i)
            if (const float cost = now_[i].cost + prices[i][index]; cost < least) least = cost, best = i;
        step.index[0] = static_cast<std::uint8_t>(index);
        step.from[0] = static_cast<std::uint8_t>(best);
        now_[0] = {least, 0, 0, index};
        n_ = 1;
    }

    void go_on(const PixelCoder::Pixel& pixel, const float* const* prices, std::size_t lowest, PaethWays& step) {
        Coords wanted[kPaethWays];
        for (std::size_t i = 0; i < n_; ++i)
            wanted[i] = PixelCoder::with_error(pixel.wanted, pixel.from_left,
                                               {broadcast_word(now_[i].xy), broadcast_word(now_[i].zw)});
        for (std::size_t j = 0; j < k_; j += kLanes) {
            const Coords entries = coder_.entries_from(j);
            Vec least = broadcast_float(kNever), from = broadcast(0);
            for (std::size_t i = 0; i < n_; ++i) {
                const Vec distortion = times(square(minus(wanted[i], entries)), pixel.weight);
                const Vec cost = plus(plus(distortion, load(prices[i] + j)), broadcast_float(now_[i].cost));
                from = select(less_float(cost, least), broadcast(static_cast<std::int32_t>(i)), from);
                least = min_float(cost, least);
            }
            store(costs_ + j, least);
            store(from_ + j, from);
        }
        const float beyond = std::numeric_limits<float>::infinity();
        for (std::size_t j = 0; j < lowest; ++j) costs_[j] = beyond;
        for (std::size_t j = k_; j % kLanes; ++j) costs_[j] = beyond;
        Vec least = broadcast_float(beyond);
        for (std::size_t j = 0; j < k_; j += kLanes) least = min_float(load(costs_ + j), least);
        select_cheapest(least_float(least) + kMargin);
        Way next[kPaethWays];
        for (std::size_t i = 0; i < n_; ++i) {
            const std::size_t entry = kept_[i];
            const auto before = static_cast<std::size_t>(from_[entry]);
            const Coords error = minus(wanted[before], coder_.entry(static_cast<std::uint8_t>(entry)));
            next[i] = {costs_[entry], first_lane(error.xy), first_lane(error.zw), static_cast<std::int32_t>(entry)};
            step.index[i] = static_cast<std::uint8_t>(entry);
            step.from[i] = static_cast<std::uint8_t>(before);
        }
        std::memcpy(now_, next, sizeof now_);
    }

    // The cheapest entries, so many at most, that cost no more than the limit, in order.
    void select_cheapest(float limit) {
        n_ = 0;
        for (std::size_t j = 0; j < k_; j += kLanes) {
            const unsigned dear = lane_bits(less_float(broadcast_float(limit), load(costs_ + j)));
            for (std::size_t lane = 0; lane < kLanes; ++lane) {
                const float cost = costs_[j + lane];
                if (dear >> lane & 1 || (n_ == kPaethWays && !(cost < costs_[kept_[n_ - 1]]))) continue;
                std::size_t at = n_ < kPaethWays ? n_++ : n_ - 1;
                for (; at > 0 && cost < costs_[kept_[at - 1]]; --at) kept_[at] = kept_[at - 1];
                kept_[at] = j + lane;
            }
        }
    }

    // Leave the errors of a row. What they lack to be those of light does not matter: they are small.
    void settle_row(std::size_t y) {
        Coords error{broadcast(0), broadcast(0)};
        for (std::size_t x = 0; x < region_.width; ++x) {
            const float weight = region_.weights[y * region_.width + x];
            if (weight < 0) {
                error = {broadcast(0), broadcast(0)};
            } else {
                const Coords wanted = PixelCoder::with_error(coder_.wanted(y, x), coder_.from_left(weight), error);
                error = minus(wanted, coder_.entry(row(y)[x]));
                error_ += static_cast<double>(weight) * static_cast<std::int32_t>(first_lane(square(error)));
            }
            coder_.settle_error(y, x, error);
        }
    }

    const Region region_;
    const std::size_t k_;
    const PixelCoder coder_;
    const SearchRoom room_;
    float prices_[2 * kLiterals + kSearchLanes];  // of what is left of indices, from -256 on
    double error_ = 0;
    Way now_[kPaethWays];
    std::size_t n_ = 0, kept_[kPaethWays];
    alignas(32) float costs_[kLiterals + kSearchLanes];
    alignas(32) std::int32_t from_[kLiterals + kSearchLanes];
};

}  // namespace

double search_behind_paeth(const Region& region, const Points& entries, const float* prices, std::size_t lowest,
                           const Feedback& feedback, const SearchRoom& room, PaethWays* ways, std::uint8_t* indices) {
    PaethSearch search(region, entries, feedback, room);
    search.choose(prices, lowest, ways);
    search.copy_to(indices);
    return search.error();
}

}  // namespace pil_kmeans::PIL_KMEANS_ISA
