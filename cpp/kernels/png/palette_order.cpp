#include "kernels/png/palette_order.hpp"

#include <algorithm>
#include <array>
#include <utility>

#include "kernels/base/buffer.hpp"
#include "kernels/base/log2.hpp"

namespace pil_kmeans {
namespace {

constexpr int kMaxPasses = 32;
constexpr int kCostBits = 6;  // 64ths of a bit: times kMaxTotal they stay within 32 bits

// Cost of a pair by the difference of its places, from -255 to 255.
struct Costs {
    std::array<std::int32_t, 2 * kMaxEntries> of{};

    constexpr Costs() {
        constexpr int round = 1 << (15 - kCostBits);
        for (std::uint32_t d = 0; d < kMaxEntries; ++d) {
            const auto bits = static_cast<std::int32_t>(log2_fixed(8 + d) - log2_fixed(8) + round) >> (16 - kCostBits);
            of[kMaxEntries + d] = of[kMaxEntries - d] = bits;
        }
    }
    // Costs of all places as seen from one: element p is that of place p.
    constexpr const std::int32_t* from(std::size_t place) const { return &of[kMaxEntries - place]; }
};
constexpr Costs kCosts;

// The arrangement while it grows: each further entry goes where distances weighted with counts become least.
class Insertion {
  public:
    Insertion(const std::int32_t* counts, std::size_t n_entries, std::size_t n_first)
        : counts_(counts), n_(n_entries), n_first_(n_first) {}

    void run(std::uint8_t* order) {
        for (std::size_t size = 0; size < n_; ++size) {
            const std::size_t entry = most_connected();
            const std::int32_t* counts = counts_ + entry * n_;
            insert(order, size, entry, best_gap(order, size, entry));
            placed_[entry] = true;
            first_placed_ += entry < n_first_;
            for (std::size_t other = 0; other < n_; ++other) connection_[other] += counts[other];
        }
    }

  private:
    std::size_t most_connected() const {
        std::size_t best = n_;
        for (std::size_t entry = 0; entry < n_; ++entry)
            if (!placed_[entry] && (best == n_ || connection_[entry] > connection_[best])) best = entry;
        return best;
    }

    // Gap g lies before place g. An entry there is as far from others as their places say, and all pairs with the gap
    // between them, crossing_[g], move apart by one.
    std::size_t best_gap(const std::uint8_t* order, std::size_t size, std::size_t entry) const {
        const std::int32_t* counts = counts_ + entry * n_;
        std::int64_t before = 0, after = 0, own = 0;
        for (std::size_t place = 0; place < size; ++place) {
            after += counts[order[place]];
            own += static_cast<std::int64_t>(place + 1) * counts[order[place]];
        }
        const std::size_t low = entry < n_first_ ? 0 : first_placed_, high = entry < n_first_ ? first_placed_ : size;
        std::size_t best = low;
        std::int64_t least = 0;
        for (std::size_t gap = 0; gap <= high; ++gap) {
            const std::int64_t cost = own + crossing_[gap];
            if (gap >= low && (gap == low || cost < least)) {
                least = cost;
                best = gap;
            }
            if (gap == size) break;
            own -= after;  // the entries after the gap come nearer as it passes one of them, which is now before it
            after -= counts[order[gap]];
            before += counts[order[gap]];
            own += before;
        }
        return best;
    }

    void insert(std::uint8_t* order, std::size_t size, std::size_t entry, std::size_t gap) {
        const std::int32_t* counts = counts_ + entry * n_;
        for (std::size_t g = size + 1; g > gap; --g) crossing_[g] = crossing_[g - 1];
        std::int64_t sum = 0;
        for (std::size_t g = 0; g < gap; ++g) {
            sum += counts[order[g]];
            crossing_[g + 1] += sum;
        }
        sum = 0;
        for (std::size_t g = size; g > gap; --g) {
            sum += counts[order[g - 1]];
            crossing_[g] += sum;
        }
        std::copy_backward(order + gap, order + size, order + size + 1);
        order[gap] = static_cast<std::uint8_t>(entry);
    }

    const std::int32_t* counts_;
    std::size_t n_, n_first_, first_placed_ = 0;
    std::array<bool, kMaxEntries> placed_{};
    std::array<std::int64_t, kMaxEntries> connection_{};
    std::array<std::int64_t, kMaxEntries + 1> crossing_{};
};

// Swaps of two entries on the same side of n_first. All is kept by place, so that sums run over adjacent numbers.
class Swaps {
  public:
    Swaps(const std::int32_t* counts, std::size_t n_entries, std::size_t n_first, std::uint8_t* order)
        : n_(n_entries), n_first_(n_first), order_(order), pairs_(n_ * n_), costs_(n_ * n_) {
        for (std::size_t place = 0; place < n_; ++place)
            for (std::size_t other = 0; other < n_; ++other)
                pairs_[place * n_ + other] = counts[order_[place] * n_ + order_[other]];
    }

    // The best swap of each place in turn, until none gains.
    void descend() {
        sum_up_costs();
        bool found = true;
        for (int pass = 0; found && pass < kMaxPasses; ++pass) {
            found = false;
            for (std::size_t place = 0; place < n_; ++place) {
                const std::size_t other = best_partner(place);
                if (other == place) continue;
                update_costs(place, other);
                swap(place, other);
                found = true;
            }
        }
    }

    // Threshold accepting (G. Dueck and T. Scheuer, Journal of Computational Physics 90, 1990): like annealing, but
    // without drawing whether to accept.
    void wander(std::size_t n_trials) {
        const double highest = static_cast<double>(total()) / kFirstThreshold;
        std::uint64_t state = 0;
        for (std::size_t trial = 0; trial < n_trials; ++trial) {
            const double left = 1 - static_cast<double>(trial) / static_cast<double>(n_trials);
            const auto [place, other] = draw(state);
            if (place != other && change(place, other) < highest * left * left * left) swap(place, other);
        }
    }

    // Cost of the whole arrangement, each pair counted twice.
    std::int64_t total() const {
        std::int64_t sum = 0;
        for (std::size_t place = 0; place < n_; ++place)
            for (std::size_t other = 0; other < n_; ++other)
                sum += std::int64_t{pairs_[place * n_ + other]} * kCosts.from(place)[other];
        return sum;
    }

  private:
    static constexpr int kFirstThreshold = 500;  // this part of the total, for the first trial

    // costs_[p, q]: what all pairs of the entry at place p would cost with it at place q.
    void sum_up_costs() {
        std::fill_n(costs_.begin(), n_ * n_, 0);
        for (std::size_t place = 0; place < n_; ++place)
            for (std::size_t other = 0; other < n_; ++other) add(place, pairs_[place * n_ + other], kCosts.from(other));
    }

    void add(std::size_t place, std::int32_t count, const std::int32_t* costs) {
        if (count == 0) return;
        std::int32_t* sums = &costs_[place * n_];
        for (std::size_t q = 0; q < n_; ++q) sums[q] += count * costs[q];
    }

    std::size_t best_partner(std::size_t place) const {
        const std::size_t end = place < n_first_ ? n_first_ : n_;
        const std::int32_t *mine = &costs_[place * n_], *counts = &pairs_[place * n_], *apart = kCosts.from(place);
        std::size_t best = place;
        std::int64_t least = 0;
        for (std::size_t other = place + 1; other < end; ++other) {
            const std::int32_t* theirs = &costs_[other * n_];
            const std::int64_t own_pair = 2 * std::int64_t{counts[other]} * apart[other];  // does not change
            const std::int64_t change =
                std::int64_t{mine[other]} - mine[place] + theirs[place] - theirs[other] + own_pair;
            if (change < least) {
                least = change;
                best = other;
            }
        }
        return best;
    }

    void update_costs(std::size_t a, std::size_t b) {
        std::array<std::int32_t, kMaxEntries> difference;
        for (std::size_t q = 0; q < n_; ++q) difference[q] = kCosts.from(b)[q] - kCosts.from(a)[q];
        for (std::size_t place = 0; place < n_; ++place)
            add(place, pairs_[place * n_ + a] - pairs_[place * n_ + b], difference.data());
    }

    // The same for one pair of places, without costs_. No overflow: counts sum up to kMaxTotal at most.
    std::int32_t change(std::size_t a, std::size_t b) const {
        const std::int32_t *of_a = &pairs_[a * n_], *of_b = &pairs_[b * n_];
        const std::int32_t *from_a = kCosts.from(a), *from_b = kCosts.from(b);
        std::int32_t sum = 2 * of_a[b] * from_a[b];
        for (std::size_t q = 0; q < n_; ++q) sum += (of_a[q] - of_b[q]) * (from_b[q] - from_a[q]);
        return sum;
    }

    std::pair<std::size_t, std::size_t> draw(std::uint64_t& state) const {
        // The generator of Knuth's MMIX; its high bits are the good ones.
        const auto below = [&state](std::size_t n) {
            state = state * 6364136223846793005u + 1442695040888963407u;
            return static_cast<std::size_t>((state >> 32) * n >> 32);
        };
        const std::size_t place = below(n_);
        return place < n_first_ ? std::pair(place, below(n_first_)) : std::pair(place, n_first_ + below(n_ - n_first_));
    }

    void swap(std::size_t a, std::size_t b) {
        std::swap(order_[a], order_[b]);
        std::swap_ranges(&costs_[a * n_], &costs_[a * n_] + n_, &costs_[b * n_]);
        std::swap_ranges(&pairs_[a * n_], &pairs_[a * n_] + n_, &pairs_[b * n_]);
        for (std::size_t place = 0; place < n_; ++place) std::swap(pairs_[place * n_ + a], pairs_[place * n_ + b]);
    }

    std::size_t n_, n_first_;
    std::uint8_t* order_;
    Buffer<std::int32_t> pairs_, costs_;
};

}  // namespace

void count_neighbors(const std::uint8_t* indices, std::size_t height, std::size_t width, std::size_t n_entries,
                     std::int32_t* counts) {
    std::fill_n(counts, n_entries * n_entries, 0);
    const std::size_t counted_width = std::min(width, kPixelsCounted);
    const std::size_t step = std::max<std::size_t>(1, (height * counted_width + kPixelsCounted - 1) / kPixelsCounted);
    for (std::size_t y = 0; y < height; y += step) {
        const std::uint8_t *row = indices + y * width, *above = y ? row - width : row;
        std::size_t left = row[0];
        for (std::size_t x = 0; x < counted_width; ++x) {
            std::int32_t* pairs = counts + row[x] * n_entries;
            ++pairs[left];
            ++pairs[above[x]];
            left = row[x];
        }
    }
    for (std::size_t a = 0; a < n_entries; ++a) {
        counts[a * n_entries + a] = 0;
        for (std::size_t b = 0; b < a; ++b) {
            std::int32_t &one = counts[a * n_entries + b], &other = counts[b * n_entries + a];
            one = other = one + other;
        }
    }
}

void palette_order(const std::int32_t* counts, std::size_t n_entries, std::size_t n_first, std::size_t n_trials,
                   std::uint8_t* order) {
    Insertion(counts, n_entries, n_first).run(order);
    Swaps swaps(counts, n_entries, n_first, order);
    swaps.descend();
    if (n_trials == 0) return;
    std::array<std::uint8_t, kMaxEntries> descended;
    std::copy_n(order, n_entries, descended.begin());
    const std::int64_t before = swaps.total();
    swaps.wander(n_trials);
    swaps.descend();
    if (swaps.total() >= before) std::copy_n(descended.begin(), n_entries, order);
}

}  // namespace pil_kmeans
