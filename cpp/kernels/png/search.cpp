// The rate-distortion search, see rate_distortion.hpp. Survivors are arrays, and each byte is one pass over them.
//
// Compiled once per instruction set. Survivors stay in the order in which they were found, so that lanes do not matter.
#include <bit>

#include "kernels/isa/isa_kernels.hpp"
#include "kernels/png/settled_bytes.hpp"

namespace pil_kmeans::PIL_KMEANS_ISA {
namespace {

// Bits by which a survivor may be dearer than the literal, at most and at least; what it becomes where more than
// n_survivors are alive, and where not.
constexpr float kMostMargin = 20, kLeastMargin = 2, kFewer = 0.93f, kMore = 1.03f;

constexpr std::size_t kMostSteps = kMostSurvivors + 1 + kSlots;

// The match that a survivor is in: its distance, the length so far above that, and above that the survivor's place at
// the end of the last stretch. After a literal the distance is 0, and the length is none that goes on.
constexpr std::uint32_t kLengthBits = 9, kNoMatch = kLongestMatch + 1, kRootShift = kDistanceBits + kLengthBits;
constexpr std::uint32_t kOneLonger = 1u << kDistanceBits, kMatchMask = (1u << kRootShift) - 1;
constexpr std::uint32_t kAfterLiteral = kNoMatch << kDistanceBits;

// Ways through the bytes so far.
struct Survivors {
    static constexpr std::size_t kRoom = kMostSteps + 2 * kSearchLanes;
    alignas(32) float cost[kRoom];        // bits, above the cheapest at the end of the last stretch
    alignas(32) std::uint32_t xy[kRoom];  // error of the last pixel
    alignas(32) std::uint32_t zw[kRoom];
    alignas(32) std::uint32_t match[kRoom];  // see above
    alignas(32) std::uint32_t last[kRoom];   // last four bytes, the newest lowest
};

static_assert(kMostSurvivors < 256 && kNear == 4 && kDepth == 4);  // places, and what lies in words, are bytes
static_assert(kMostSteps + kSearchLanes <= kMovesRow + kSlots);

class Search {
  public:
    Search(const Region& region, const Points& entries, const Prices& prices, const RateDistortion& options,
           const SearchRoom& room, std::uint8_t* indices)
        : region_(region),
          coder_(region, entries, prices, options, room),
          settled_(region, prices, coder_, room, indices),
          n_survivors_(options.n_survivors),
          stretch_(coder_.stretch()),
          room_(room) {
        for (std::size_t length = 0; length <= kNoMatch; ++length)
            longer_[length] = length < kShortestMatch  ? 0
                              : length < kLongestMatch ? prices.lengths[length + 1] - prices.lengths[length]
                                                       : kNever;
        now_->match[0] = kAfterLiteral;
        n_ = 1;
        close(*now_, n_);
    }

    SymbolCounts run() {
        for (std::size_t y = 0; y < region_.height; ++y) {
            filter_type();
            for (std::size_t x = 0; x < region_.width; ++x) {
                if (x % stretch_ == 0) coder_.begin_stretch(y, x);
                pixel(y, x);
            }
        }
        settle(at_, cheapest());
        settled_.end_match();
        return settled_.counts();
    }

  private:
    // Behind the last survivor come some that never win.
    static void close(Survivors& survivors, std::size_t n) { store(survivors.cost + n, broadcast_float(kNever)); }

    template <typename Cost>
    std::size_t first_of_least(const Cost& cost, float& least) const {
        Vec lowest = broadcast_float(kNever);
        for (std::size_t i = 0; i < n_; i += kLanes) lowest = min_float(lowest, cost(i));
        least = least_float(lowest);
        for (std::size_t i = 0; i < n_; i += kLanes)
            if (const unsigned bits = lane_bits(equal(cost(i), broadcast_float(least))))
                return i + static_cast<std::size_t>(std::countr_zero(bits));
        return 0;
    }

    std::size_t cheapest() const {
        float least;
        return first_of_least([this](std::size_t i) { return load(now_->cost + i); }, least);
    }

    // The cheapest that can end, or if none can, the cheapest: what it was in was no match then.
    std::size_t cheapest_end() const {
        const Vec too_short = broadcast_word((kShortestMatch << kDistanceBits) - 1), mask = broadcast_word(kMatchMask);
        float least;
        const std::size_t best = first_of_least(
            [&](std::size_t i) {
                const Vec can_end = less(too_short, bit_and(load(now_->match + i), mask));
                return select(can_end, load(now_->cost + i), broadcast_float(kNever));
            },
            least);
        return least < kNever ? best : cheapest();
    }

    bool can_end(std::size_t i) const { return (now_->match[i] & kMatchMask) >= kShortestMatch << kDistanceBits; }

    // A row's first byte: the filter's type, none. It is a pixel that keeps its index, where no match starts.
    void filter_type() {
        constexpr std::uint8_t kNone = 0;
        const std::size_t best = cheapest_end();
        const float cost = now_->cost[best] + coder_.literal_price(kNone);
        step(best, kNone, {broadcast(0), broadcast(0)}, cost, kAfterLiteral, 0);
        go_on(PixelCoder::kept(kNone), cost + margin_);
        leave_no_error();
        end_byte();
    }

    void pixel(std::size_t y, std::size_t x) {
        const PixelCoder::Pixel pixel = coder_.pixel(y, x);
        const std::size_t best = cheapest_end();
        const Coords wanted =
            coder_.with_error(pixel.wanted, {broadcast_word(now_->xy[best]), broadcast_word(now_->zw[best])});
        const std::uint8_t literal = coder_.literal(pixel, wanted);
        const float cost = now_->cost[best] + coder_.distortion_of(literal) + coder_.literal_price(literal);
        const float limit = cost + margin_;
        step(best, literal, minus(wanted, coder_.entry(literal)), cost, kAfterLiteral, 0);
        go_on(pixel, limit);
        if (can_end(best)) {
            settled_.find_places(at_, y, x);
            start_matches(best, pixel, wanted, limit);
        }
        if (pixel.is_kept) leave_no_error();
        end_byte();
    }

    void leave_no_error() {
        for (std::size_t i = 0; i < n_steps_; i += kLanes)
            store(next_->xy + i, broadcast(0)), store(next_->zw + i, broadcast(0));
    }

    // All that are in a match, with its next byte.
    void go_on(const PixelCoder::Pixel& pixel, float limit) {
        const std::uint8_t* const stream = room_.stream + at_;
        std::uint32_t* const moves = moves_at(at_);
        for (std::size_t i = 0; i < n_; i += kLanes) {
            const Vec match = load(now_->match + i), last = load(now_->last + i);
            const Vec distance = bit_and(match, broadcast(kFarthest));
            const Vec length = bit_and(shift_right<kDistanceBits>(match), broadcast((1 << kLengthBits) - 1));
            const Vec nearly =
                bit_and(shift_right_by(last, shift_left<3>(sub(distance, broadcast(1)))), broadcast(255));
            const Vec byte =
                select(less(distance, broadcast(kNear + 1)), nearly, gather_bytes(stream, sub(broadcast(0), distance)));
            const Coords wanted = coder_.with_error(pixel.wanted, {load(now_->xy + i), load(now_->zw + i)});
            const Coords error = minus(wanted, coder_.entries(byte));
            const Vec cost =
                plus(plus(load(now_->cost + i), times(square(error), pixel.weight)), gather(longer_, length));
            const unsigned bits = lane_bits(bit_and(pixel.allows(byte), less_float(cost, broadcast_float(limit))));
            const std::size_t n = n_steps_;
            compress(cost, bits, next_->cost + n);
            compress(error.xy, bits, next_->xy + n);
            compress(error.zw, bits, next_->zw + n);
            compress(add(match, broadcast(kOneLonger)), bits, next_->match + n);
            compress(bit_or(shift_left<8>(last), byte), bits, next_->last + n);
            const Vec place = add(lane_numbers(), broadcast(static_cast<std::int32_t>(i)));
            compress(bit_or(bit_or(place, shift_left<8>(byte)), shift_left<16>(distance)), bits, moves + n);
            n_steps_ += static_cast<std::size_t>(std::popcount(bits));
        }
    }

    // From the cheapest, at each place that matches may start from.
    void start_matches(std::size_t from, const PixelCoder::Pixel& pixel, const Coords& wanted, float limit) {
        const std::uint8_t* const stream = room_.stream + at_;
        const Vec before = broadcast_float(now_->cost[from]), last = broadcast_word(now_->last[from]);
        const Vec farthest = broadcast(static_cast<std::int32_t>(at_ < kFarthest ? at_ : kFarthest));
        for (std::size_t i = 0; i < kSlots; i += kLanes) {
            const Vec distance = load(settled_.distances() + i);
            Vec byte;
            if (i < kRowsSlot) {
                byte = gather_bytes(stream, sub(broadcast(0), distance));
                if (i < kNear) {
                    const Vec nearly =
                        bit_and(shift_right_by(last, shift_left<3>(sub(distance, broadcast(1)))), broadcast(255));
                    byte = select(less(distance, broadcast(kNear + 1)), nearly, byte);
                }
            } else {
                const std::size_t place = i - kRowsSlot, row = 1 + place / kRowSlots;
                byte = load_bytes(stream - row * (region_.width + 1) - kAside + place % kRowSlots);
            }
            const Vec started = plus(before, load(settled_.prices() + i));
            const Vec cost = plus(started, coder_.distortions_of(byte));
            const Vec is_cheap = bit_and(pixel.allows(byte), less_float(cost, broadcast_float(limit)));
            unsigned bits = lane_bits(bit_and_not(is_cheap, less(farthest, distance)));
            if (!bits) continue;
            std::int32_t bytes[kLanes];
            float starts[kLanes], costs[kLanes];
            store(bytes, byte), store(starts, started), store(costs, cost);
            for (; bits; bits &= bits - 1) {
                const auto lane = static_cast<std::size_t>(std::countr_zero(bits));
                const std::uint32_t to = settled_.distances()[i + lane];
                if (is_in_match(to, starts[lane])) continue;
                const auto first = static_cast<std::uint8_t>(bytes[lane]);
                step(from, first, minus(wanted, coder_.entry(first)), costs[lane], kOneLonger | to, to | kStart);
            }
        }
    }

    // Whether a survivor is in a match of that distance already, and no dearer.
    bool is_in_match(std::uint32_t distance, float cost) const {
        Vec found = broadcast(0);
        for (std::size_t i = 0; i < n_; i += kLanes) {
            const Vec is_same = equal(bit_and(load(now_->match + i), broadcast(kFarthest)), broadcast_word(distance));
            found = bit_or(found, bit_and_not(is_same, less_float(broadcast_float(cost), load(now_->cost + i))));
        }
        return lane_bits(found) != 0;
    }

    void step(std::size_t from, std::uint8_t byte, const Coords& error, float cost, std::uint32_t match,
              std::uint32_t distance) {
        next_->cost[n_steps_] = cost;
        next_->xy[n_steps_] = first_lane(error.xy);
        next_->zw[n_steps_] = first_lane(error.zw);
        next_->match[n_steps_] = match | (now_->match[from] & ~kMatchMask);
        next_->last[n_steps_] = now_->last[from] << 8 | byte;
        moves_at(at_)[n_steps_++] = move_of(from, byte, distance);
    }

    // The steps become the survivors.
    void end_byte() {
        n_ = n_steps_ < kMostSurvivors ? n_steps_ : kMostSurvivors;
        n_steps_ = 0;
        Survivors* const free = now_;
        now_ = next_, next_ = free;
        close(*now_, n_);
        margin_ *= n_ > n_survivors_ ? kFewer : kMore;
        margin_ = margin_ < kLeastMargin ? kLeastMargin : margin_ > kMostMargin ? kMostMargin : margin_;
        ++at_;
        if (--left_ == 0) end_stretch();
    }

    std::uint32_t* moves_at(std::size_t at) const { return room_.moves + at % kOpenBytes * kMovesRow; }

    // Settle what lies kDepth stretches back as the cheapest survivor has it; those that have it otherwise go.
    void end_stretch() {
        left_ = stretch_;
        const std::size_t best = cheapest();
        const float cost = now_->cost[best];
        std::uint32_t roots[kMostSurvivors] = {};  // places at the ends of the last stretches, the newest lowest
        for (std::size_t i = 0; i < n_; ++i) {
            const std::uint32_t root = now_->match[i] >> kRootShift;
            roots[i] = roots_[root] << 8 | root;
        }
        const std::uint32_t root = roots[best] >> 24;
        const bool is_deep = at_ > kDepth * stretch_;
        if (is_deep) settle(at_ - kDepth * stretch_, root);
        std::uint32_t* const moves = moves_at(at_ - 1);
        std::size_t n = 0;
        for (std::size_t i = 0; i < n_; ++i) {
            if (is_deep && roots[i] >> 24 != root) continue;
            now_->cost[n] = now_->cost[i] - cost;
            now_->xy[n] = now_->xy[i];
            now_->zw[n] = now_->zw[i];
            now_->match[n] = (now_->match[i] & kMatchMask) | static_cast<std::uint32_t>(n) << kRootShift;
            now_->last[n] = now_->last[i];
            roots_[n] = roots[i];
            moves[n] = moves[i];
            ++n;
        }
        n_ = n;
        close(*now_, n_);
    }

    // Settle all bytes before `end` as the survivor has them that was at `place` behind the last of these.
    void settle(std::size_t end, std::size_t place) {
        Move path[kOpenBytes];
        for (std::size_t at = end; at-- > settled_.size();) {
            path[at % kOpenBytes] = moves_at(at)[place];
            place = path[at % kOpenBytes] & 255;
        }
        while (settled_.size() < end) settled_.add(path[settled_.size() % kOpenBytes]);
    }

    const Region region_;
    PixelCoder coder_;
    SettledBytes settled_;
    const std::size_t n_survivors_, stretch_;
    const SearchRoom room_;
    float longer_[kNoMatch + 1];  // what a byte more costs, of a match of this length
    float margin_ = kMostMargin;
    std::size_t at_ = 0, left_ = stretch_;  // the byte to be coded next, and bytes to the end of the stretch
    Survivors survivors_[2] = {};
    Survivors *now_ = &survivors_[0], *next_ = &survivors_[1];
    std::size_t n_ = 0, n_steps_ = 0;
    std::uint32_t roots_[kMostSurvivors] = {};
};

}  // namespace

SymbolCounts search_indices(const Region& region, const Points& entries, const Prices& prices,
                            const RateDistortion& options, const SearchRoom& room, std::uint8_t* indices) {
    return Search(region, entries, prices, options, room, indices).run();
}

}  // namespace pil_kmeans::PIL_KMEANS_ISA
