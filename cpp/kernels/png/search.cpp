// The rate-distortion search, see rate_distortion.hpp. Survivors are arrays of slots, and each byte is one pass over
// them.
//
// Compiled once per instruction set. Slots that tie are taken in their order, so that lanes do not matter.
#include <bit>

#include "kernels/isa/isa_kernels.hpp"
#include "kernels/png/settled_bytes.hpp"

namespace pil_kmeans::PIL_KMEANS_ISA {
namespace {

constexpr float kMargin = 20;  // bits by which a match from a place that was found may be dearer than the literal

// Earlier places that are looked at where three bytes are as the guess is here.
constexpr std::size_t kChain = 4, kQuickChain = 2;

constexpr std::size_t kQuickGroups = 9;  // of rows above, that a quick search looks at

// Length of a match so far; after a literal it is one that does not go on. Above it, the survivor's slot at the end of
// the last stretch.
constexpr std::uint32_t kRootShift = 16, kLengthMask = (1u << kRootShift) - 1, kNoMatch = kLongestMatch + 1;
constexpr std::uint32_t kOldestShift = 24, kOldestRoot = 255u << kOldestShift;  // of the last stretches' slots

// The literal's slot, and those of matches with bytes that are not settled.
constexpr std::size_t kFirstSlots = kSearchLanes;
static_assert(kFoundSlot <= kFirstSlots);

// Ways through the bytes so far, one a slot. Those that are none have a cost of kNever or more.
struct Survivors {
    alignas(32) float cost[kSlots];        // bits, above the cheapest at the end of the last stretch
    alignas(32) std::uint32_t xy[kSlots];  // error of the last pixel
    alignas(32) std::uint32_t zw[kSlots];
    alignas(32) std::uint32_t length[kSlots];     // see above
    alignas(32) std::uint32_t last[kFirstSlots];  // last three bytes, the newest lowest, of the first slots
};

// What the survivors did at a byte: those whose bit is set started a match there. These and the literal come from
// `best`, others go on.
struct Moves {
    std::uint8_t starts[kSlots / kLanes];  // a bit for each lane
    std::uint8_t best, literal;
    std::uint16_t distances[kRowsSlot];  // of the slots that do not always have the same
};

template <bool kQuick>
class Search {
  public:
    Search(const Region& region, const Points& entries, const Prices& prices, const Feedback& feedback,
           const SearchRoom& room, std::uint8_t* indices)
        : region_(region),
          coder_(region, entries, prices, feedback, room),
          settled_(region, prices, coder_, room, kEnd, indices),
          stretch_(coder_.stretch()),
          room_(room) {
        for (std::size_t length = 0; length <= kNoMatch; ++length)
            longer_[length] = length < kShortestMatch  ? 0
                              : length < kLongestMatch ? prices.lengths[length + 1] - prices.lengths[length]
                                                       : kNever;
        if (kQuick) coder_.find_likely();
        for (float& cost : now_.cost) cost = kNever;
        now_.cost[kLiteral] = 0;
        now_.length[kLiteral] = kNoMatch;
        find_ends();
        for (std::size_t i = 0; i < kRowsSlot; ++i)
            moves_->distances[i] = static_cast<std::uint16_t>(settled_.distances()[i]);
    }

    SymbolCounts run() {
        constexpr std::int32_t kNone = 0;
        for (std::size_t y = 0; y < region_.height; ++y) {
            // A row's first byte, the filter's type, is a pixel that keeps its index.
            byte<true>(PixelCoder::kept(kNone), [](float, float, const Coords&) {});
            for (std::size_t x = 0; x < region_.width; ++x) {
                if (x % stretch_ == 0) coder_.begin_stretch(y, x);
                const PixelCoder::Pixel pixel = coder_.pixel(y, x);
                const auto find = [&](float before, float limit, const Coords& wanted) {
                    find_places(y, x, pixel, before, limit, wanted);
                };
                if (pixel.is_kept || pixel.lowest > 0 || at_ < settled_.farthest_above())
                    byte<true>(pixel, find);
                else
                    byte<false>(pixel, find);
            }
        }
        settle(at_, cheapest());
        settled_.end();
        return settled_.counts();
    }

  private:
    // Of the slots for found places, and of all: a quick search leaves some empty.
    static constexpr std::size_t kFoundEnd = kQuick ? kFirstSlots : kRowsSlot;
    static constexpr std::size_t kEnd = kQuick ? kRowsSlot + kQuickGroups * kGroupSlots : kSlots;

    template <typename Cost>
    static std::size_t first_of_least(const Cost& cost, float& least) {
        Vec lowest = cost(0);
        for (std::size_t i = kLanes; i < kEnd; i += kLanes) lowest = min_float(lowest, cost(i));
        least = least_float(lowest);
        return first_equal(cost, least);
    }

    // The first slot of this cost; 0 if there is none.
    template <typename Cost>
    static std::size_t first_equal(const Cost& cost, float least) {
        for (std::size_t i = 0; i < kEnd; i += kLanes)
            if (const unsigned bits = lane_bits(equal(cost(i), broadcast_float(least))))
                return i + static_cast<std::size_t>(std::countr_zero(bits));
        return 0;
    }

    std::size_t cheapest() const {
        float least;
        return first_of_least([this](std::size_t i) { return load(now_.cost + i); }, least);
    }

    // The cheapest that can end, or if none can, the cheapest: what it was in was no match then.
    std::size_t cheapest_end() const {
        if (!(least_end_ < kNever)) return cheapest();
        return first_equal([this](std::size_t i) { return load(ends_ + i); }, least_end_);
    }

    // Costs of those that can end.
    static Vec end_costs(Vec cost, Vec length) {
        const Vec so_long = bit_and(length, broadcast_word(kLengthMask));
        return select(less(so_long, broadcast(kShortestMatch)), broadcast_float(kNever), cost);
    }

    void find_ends() {
        Vec least = broadcast_float(kNever);
        for (std::size_t i = 0; i < kEnd; i += kLanes) {
            const Vec cost = end_costs(load(now_.cost + i), load(now_.length + i));
            store(ends_ + i, cost);
            least = min_float(least, cost);
        }
        least_end_ = least_float(least);
    }

    // One more byte for all; kLimited says that the pixel may not get all entries, or that some slot's distance leads
    // before the first byte.
    template <bool kLimited, typename Find>
    void byte(const PixelCoder::Pixel& pixel, const Find& find) {
        const std::size_t best = cheapest_end();
        const std::uint32_t root = now_.length[best] & ~kLengthMask, last = last_bytes(best);
        const float before = now_.cost[best];
        const Coords wanted = PixelCoder::with_error(pixel.wanted, pixel.from_left,
                                                     {broadcast_word(now_.xy[best]), broadcast_word(now_.zw[best])});
        const bool can_start = (now_.length[best] & kLengthMask) >= kShortestMatch;
        std::uint8_t literal;
        float cost;
        if (kQuick) {
            const auto found = std::bit_cast<std::uint32_t>(coder_.likely_literal<kLimited>(pixel, wanted));
            literal = static_cast<std::uint8_t>(found);
            cost = before + std::bit_cast<float>(found & ~255u);
        } else {
            literal = coder_.literal(pixel, wanted);
            cost = before + coder_.distortion_of(literal) + coder_.literal_price(literal);
        }
        if (can_start) find(before, cost + kMargin, wanted);
        Moves& moves = moves_[at_ % kOpenBytes];
        const From from{wanted, can_start ? before : kNever, root, last};
        Vec least_ends = broadcast_float(kNever);
        for (std::size_t i = 0; i < kFirstSlots; i += kLanes)
            moves.starts[i / kLanes] = go_on<kLimited, Kind::kFirst>(pixel, from, i, least_ends);
        for (std::size_t i = kFirstSlots; i < kFoundEnd; i += kLanes)
            moves.starts[i / kLanes] = go_on<kLimited, Kind::kFound>(pixel, from, i, least_ends);
        for (std::size_t i = kRowsSlot; i < kEnd; i += kLanes)
            moves.starts[i / kLanes] = go_on<kLimited, Kind::kRow>(pixel, from, i, least_ends);
        least_end_ = least_float(least_ends);
        const Coords error = minus(wanted, coder_.entry(literal));
        put_literal(now_.cost, broadcast_float(cost));
        put_literal(ends_, broadcast_float(cost));
        put_literal(now_.xy, pixel.is_kept ? broadcast(0) : error.xy);
        put_literal(now_.zw, pixel.is_kept ? broadcast(0) : error.zw);
        put_literal(now_.length, broadcast_word(root | kNoMatch));
        put_literal(now_.last, broadcast_word(last << 8 | literal));
        if (cost < least_end_) least_end_ = cost;
        moves.best = static_cast<std::uint8_t>(best);
        moves.literal = literal;
        ++at_;
        std::memcpy(moves_[at_ % kOpenBytes].distances, moves.distances, sizeof moves.distances);
        if (--left_ == 0) end_stretch();
    }

    // By all lanes: loads of vectors would wait for what is stored in one.
    static void put_literal(void* slots, Vec value) {
        static_assert(kLiteral == 0);
        store(slots, select(equal(lane_numbers(), broadcast(kLiteral)), value, load(slots)));
    }

    // Where matches start.
    struct From {
        Coords wanted;
        float cost;
        std::uint32_t root, last;
    };

    enum class Kind { kFirst, kFound, kRow };

    // Some slots' next bytes: each goes on or starts anew, whichever is cheaper. Returns which start, and lowers the
    // costs of those that can end.
    template <bool kLimited, Kind kKind>
    std::uint8_t go_on(const PixelCoder::Pixel& pixel, const From& from, std::size_t i, Vec& least_ends) {
        const Vec distance = load(settled_.distances() + i), length = load(now_.length + i);
        Vec last, byte, first;  // that comes next, in the match and at the start of one
        Coords entry, first_entry;
        if constexpr (kKind == Kind::kRow) {
            const std::size_t place = i - kRowsSlot;
            const std::ptrdiff_t from_there =
                static_cast<std::ptrdiff_t>(at_) -
                kGroups[place / kGroupSlots].distance(region_.width + 1, place % kGroupSlots);
            first = byte = load_bytes(room_.stream + from_there);
            first_entry = entry = {load(room_.stream_xy + from_there), load(room_.stream_zw + from_there)};
        } else {
            const Vec back = sub(broadcast(0), distance);
            first = byte = gather_bytes(room_.stream + at_, back);
            if (kKind == Kind::kFound) {
                first_entry = entry = {gather(room_.stream_xy + at_, back), gather(room_.stream_zw + at_, back)};
            } else {
                const Vec from_last = broadcast_word(from.last);
                last = load(now_.last + i);
                const Vec is_near = less(distance, broadcast(kNear + 1)),
                          shift = shift_left<3>(sub(distance, broadcast(1)));
                byte = select(is_near, bit_and(shift_right_by(last, shift), broadcast(255)), byte);
                first = select(is_near, bit_and(shift_right_by(from_last, shift), broadcast(255)), first);
                entry = coder_.entries(byte);
                first_entry = coder_.entries(first);
            }
        }
        const Coords wanted =
            PixelCoder::with_error(pixel.wanted, pixel.from_left, {load(now_.xy + i), load(now_.zw + i)});
        const Coords error = minus(wanted, entry), first_error = minus(from.wanted, first_entry);
        const Vec so_long = bit_and(length, broadcast_word(kLengthMask));
        Vec longer;
        if (kKind == Kind::kFirst || lane_bits(less(broadcast(kTableLanes - 1), so_long)))
            longer = gather(longer_, so_long);
        else
            longer = look_up(longer_, so_long);
        Vec cost = plus(plus(load(now_.cost + i), times(square(error), pixel.weight)), longer);
        Vec started = plus(plus(broadcast_float(from.cost), load(settled_.prices() + i)),
                           times(square(first_error), pixel.weight));
        if (kLimited) {
            const Vec farthest = broadcast(static_cast<std::int32_t>(at_ < kFarthest ? at_ : kFarthest));
            started = select(less(farthest, distance), broadcast_float(kNever), started);
            cost = select(pixel.allows(byte), cost, broadcast_float(kNever));
            started = select(pixel.allows(first), started, broadcast_float(kNever));
        }
        const Vec starts = less_float(started, cost);
        const Vec none = broadcast(0);
        const bool is_kept = kLimited && pixel.is_kept;
        const Vec cheaper = min_float(min_float(started, cost), broadcast_float(kNever));
        store(now_.cost + i, cheaper);
        store(now_.xy + i, is_kept ? none : select(starts, first_error.xy, error.xy));
        store(now_.zw + i, is_kept ? none : select(starts, first_error.zw, error.zw));
        const Vec now_long =
            select(starts, broadcast_word(from.root | 1), sub(length, less(so_long, broadcast(kNoMatch))));
        store(now_.length + i, now_long);
        const Vec end = end_costs(cheaper, now_long);
        store(ends_ + i, end);
        least_ends = min_float(least_ends, end);
        if (kKind == Kind::kFirst)
            store(now_.last + i,
                  bit_or(shift_left<8>(select(starts, broadcast_word(from.last), last)), select(starts, first, byte)));
        return static_cast<std::uint8_t>(lane_bits(starts));
    }

    float distortion(const PixelCoder::Pixel& pixel, const Coords& wanted, std::uint8_t byte) const {
        return kQuick ? coder_.distortion(pixel, wanted, byte) : coder_.distortion_of(byte);
    }

    // Give slots to places that were found, where a match from there is not too dear.
    void find_places(std::size_t y, std::size_t x, const PixelCoder::Pixel& pixel, float before, float limit,
                     const Coords& wanted) {
        std::uint64_t busy = 0;
        settled_.find_places<kQuick ? kQuickChain : kChain>(at_, y, x, [&](std::uint32_t distance) {
            const std::uint8_t byte = room_.stream[at_ - distance];
            if (byte < pixel.lowest || byte > pixel.highest) return false;
            if (before + settled_.start_price(distance) + distortion(pixel, wanted, byte) >= limit) return false;
            if (!busy) busy = busy_slots(limit);
            const std::size_t slot = settled_.free_slot<kFoundEnd>(busy);
            busy |= std::uint64_t{1} << slot;
            settled_.put(slot, distance);
            now_.cost[slot] = kNever;
            moves_[at_ % kOpenBytes].distances[slot] = static_cast<std::uint16_t>(distance);
            return false;
        });
    }

    // Those of found places in whose match there is a survivor that may win.
    std::uint64_t busy_slots(float limit) const {
        std::uint64_t busy = 1;
        for (std::size_t i = 0; i < kRowsSlot; i += kLanes) {
            const Vec length = bit_and(load(now_.length + i), broadcast_word(kLengthMask));
            const Vec is_cheap = less_float(load(now_.cost + i), broadcast_float(limit));
            busy |= std::uint64_t{lane_bits(bit_and(less(broadcast(kShortestMatch - 1), length), is_cheap))} << i;
        }
        return busy;
    }

    // Settle what lies kDepth stretches back as the cheapest survivor has it; those that have it otherwise go.
    void end_stretch() {
        left_ = stretch_;
        const std::size_t best = cheapest();
        const float cost = now_.cost[best];
        alignas(32) std::uint32_t roots[kSlots];  // slots at the ends of the last stretches, the newest lowest
        for (std::size_t i = 0; i < kEnd; i += kLanes) {
            const Vec root = shift_right<kRootShift>(load(now_.length + i));
            store(roots + i, bit_or(shift_left<8>(gather(roots_, root)), root));
        }
        const bool is_deep = at_ > kDepth * stretch_;
        const std::uint32_t oldest = roots[best] & kOldestRoot;
        if (is_deep) settle(at_ - kDepth * stretch_, oldest >> kOldestShift);
        const Vec kept = broadcast_word(is_deep ? kOldestRoot : 0), as_best = broadcast_word(is_deep ? oldest : 0);
        for (std::size_t i = 0; i < kEnd; i += kLanes) {
            const Vec own = load(now_.cost + i), root = load(roots + i);
            const Vec stays = bit_and(less_float(own, broadcast_float(kNever)), equal(bit_and(root, kept), as_best));
            store(now_.cost + i, select(stays, plus(own, broadcast_float(-cost)), broadcast_float(kNever)));
            const Vec slot = add(lane_numbers(), broadcast(static_cast<std::int32_t>(i)));
            const Vec so_long = bit_and(load(now_.length + i), broadcast_word(kLengthMask));
            store(now_.length + i, bit_or(so_long, shift_left<kRootShift>(slot)));
            store(roots_ + i, root);
        }
        find_ends();
    }

    // The last three bytes of a survivor, the newest lowest.
    std::uint32_t last_bytes(std::size_t slot) const {
        if (slot < kFirstSlots) return now_.last[slot];
        const bool is_match = (now_.length[slot] & kLengthMask) >= kShortestMatch;
        Decision path[kOpenBytes];
        if (!is_match) find_path(at_, slot, path);
        std::uint32_t last = 0;
        for (std::size_t n = 3; n > 0; --n) {
            std::size_t at = at_ - n;
            if (is_match) at -= settled_.distances()[slot];
            while (at >= settled_.size() && !path[at % kOpenBytes].is_literal) at -= path[at % kOpenBytes].distance;
            last = last << 8 | (at < settled_.size() ? room_.stream[at] : path[at % kOpenBytes].byte);
        }
        return last;
    }

    // What the survivor that was in `slot` behind the last byte before `end` has done at those that are not settled.
    void find_path(std::size_t end, std::size_t slot, Decision (&path)[kOpenBytes]) const {
        for (std::size_t at = end; at-- > settled_.size();) {
            const Moves& moves = moves_[at % kOpenBytes];
            const bool is_literal = slot == kLiteral,
                       is_start = !is_literal && (moves.starts[slot / kLanes] >> slot % kLanes & 1);
            const std::uint32_t distance = slot < kRowsSlot ? moves.distances[slot] : settled_.distances()[slot];
            path[at % kOpenBytes] = {moves.literal, is_literal, is_start, static_cast<std::uint8_t>(slot), distance};
            if (is_literal || is_start) slot = moves.best;
        }
    }

    // Settle all bytes before `end` as the survivor has them that was in `slot` behind the last of these.
    void settle(std::size_t end, std::size_t slot) {
        Decision path[kOpenBytes];
        find_path(end, slot, path);
        while (settled_.size() < end) settled_.add(path[settled_.size() % kOpenBytes]);
        settled_.leave_errors();
    }

    const Region region_;
    PixelCoder coder_;
    SettledBytes settled_;
    const std::size_t stretch_;
    const SearchRoom room_;
    float longer_[kNoMatch + 1];            // what a byte more costs, of a match of this length
    std::size_t at_ = 0, left_ = stretch_;  // the byte to be coded next, and bytes to the end of the stretch
    Survivors now_ = {};
    alignas(32) float ends_[kSlots];  // costs of those that can end
    float least_end_ = 0;
    std::uint32_t roots_[kSlots] = {};
    Moves moves_[kOpenBytes] = {};
};

}  // namespace

SymbolCounts search_indices(const Region& region, const Points& entries, const Prices& prices, const Feedback& feedback,
                            const SearchRoom& room, std::uint8_t* indices) {
    return region.is_quick ? Search<true>(region, entries, prices, feedback, room, indices).run()
                           : Search<false>(region, entries, prices, feedback, room, indices).run();
}

}  // namespace pil_kmeans::PIL_KMEANS_ISA
