#include "kernels/rate_distortion.hpp"

#include <algorithm>
#include <bit>
#include <limits>
#include <memory>
#include <vector>

#include "kernels/isa.hpp"
#include "kernels/quad.hpp"

namespace pil_kmeans {
namespace {

constexpr std::size_t kNear = 4;              // distances up to this are read from a survivor's own last bytes
constexpr std::size_t kRows = 3, kAside = 2;  // matches may start from above: so many rows, and so many bytes aside
constexpr std::size_t kRecent = 8;            // distances that were used last
constexpr std::size_t kChain = 4;             // earlier places where three bytes are as the guess is here
constexpr std::size_t kMostStarts = kNear + kRows * (2 * kAside + 1) + kRecent + kChain;
constexpr std::size_t kMostSteps = kMostSurvivors + kMostStarts + 1;

constexpr std::size_t kLongestStretch = 32, kDepth = 4;  // bytes of a stretch, which is settled so many stretches later
constexpr float kMargin = 20;                            // bits by which a survivor may be dearer than the cheapest
constexpr std::size_t kBuckets = 64;                     // of costs within the margin

constexpr int kHashBits = 15;
constexpr std::uint32_t kNowhere = ~0u;
constexpr float kNever = std::numeric_limits<float>::max();

constexpr std::int32_t kColorWeight = 2867;  // of the colour axes, in 4096ths: lightness counts more
constexpr std::int16_t kReach = kMaxCoordinate + kMaxCoordinate / 2;  // of a pixel with its neighbours' errors

// A way through the bytes so far.
struct Survivor {
    std::uint64_t error;     // of the last pixel, four int16
    float cost;              // bits, above the cheapest survivor at the end of the last stretch
    std::uint32_t last;      // its last four bytes, the newest lowest
    std::uint32_t roots;     // its places among the survivors at the ends of the last kDepth stretches, the newest lowest
    std::uint16_t distance;  // of the match it is in, 0 after a literal
    std::uint16_t length;    // of the match so far

    bool can_end() const { return distance == 0 || length >= kShortestMatch; }
    bool can_go_on() const { return distance != 0 && length < kLongestMatch; }
};

// What a survivor did at a byte.
struct Move {
    std::uint8_t parent;     // its place among the survivors of the byte before
    std::uint8_t byte;
    std::uint16_t distance;  // of the match, with kStart at its first byte; 0 for a literal
};
constexpr std::uint16_t kStart = 0x8000;
constexpr std::size_t kFarthest = kStart - 1;

Quad filled8(std::int16_t x) {
    std::int16_t all[8];
    std::fill(all, all + 8, x);
    return load8(all);
}

// Coordinates as the search measures them.
std::uint64_t weighed(const Points& points, std::size_t i) {
    constexpr std::int32_t kAxes[4] = {4096, kColorWeight, kColorWeight, 4096};
    const Quad point = from_pixel(std::uint64_t{points.zw[i]} << 32 | points.xy[i]);
    return to_pixel(narrow(shift_right4<12>(add4(times4(point, load4(kAxes)), fill4(2048)))));
}

std::int32_t square(Quad error) {
    std::int32_t sums[4];
    store4(sums, dot4(error, error));
    return sums[0] + sums[1];
}

// Palette and prices, and the errors that rows hand down.
class Coder {
public:
    Coder(const Rows& rows, const Points& entries, const Prices& prices, const RateDistortion& options)
        : rows_(rows), k_(entries.n), prices_(prices), feedback_(options.feedback), from_left_(fill4(-7 * options.feedback)),
          errors_{std::vector<std::uint64_t>(rows.width + 2), std::vector<std::uint64_t>(rows.width + 2)} {
        for (std::size_t j = 0; j < kRoom; ++j) {
            entries_[j] = j < k_ ? weighed(entries, j) : 0;
            xy_[j] = static_cast<std::uint32_t>(entries_[j]);
            zw_[j] = static_cast<std::uint32_t>(entries_[j] >> 32);
            literals_[j] = j < k_ ? prices.literals[j] : kNever;
        }
        for (std::size_t length = 0; length < kLongestMatch; ++length)
            longer_[length] = length < kShortestMatch ? 0 : prices.lengths[length + 1] - prices.lengths[length];
    }

    // A pixel as it is to be approached, and what it may get.
    struct Pixel {
        Quad wanted;  // without the error of the pixel to the left
        float weight;
        std::uint8_t lowest, highest;
        bool is_kept;

        bool allows(std::uint8_t byte) const { return lowest <= byte && byte <= highest; }
    };

    Pixel pixel(std::size_t y, std::size_t x) const {
        const std::size_t i = y * rows_.width + x;
        const float weight = rows_.weights[i];
        if (weight < 0) return {fill4(0), 0, rows_.guess[i], rows_.guess[i], true};
        const std::uint64_t* const above = errors_[(y + 1) & 1].data() + x;
        Quad wanted = from_pixel(weighed(rows_.points, i));
        if (y) {
            const Quad one = widen(above[0]), five = widen(above[1]), three = widen(above[2]);
            const Quad fives = add4(five, shift_left4<2>(five)), threes = add4(three, shift_left4<1>(three));
            std::int32_t sums[4];
            store4(sums, add4(one, add4(fives, threes)));
            for (std::int32_t& sum : sums) sum = -sum * feedback_;
            wanted = sub8(wanted, narrow(shift_right4<12>(load4(sums))));
        }
        return {wanted, weight, rows_.lowest[i], static_cast<std::uint8_t>(k_ - 1), false};
    }

    Quad with_error(const Pixel& pixel, std::uint64_t error) const {
        const Quad wanted = sub8(pixel.wanted, narrow(shift_right4<12>(times4(from_pixel(error), from_left_))));
        return max8(min8(wanted, kHighest), kLowest);
    }

    std::uint64_t error(const Pixel& pixel, Quad wanted, std::uint8_t byte) const {
        return pixel.is_kept ? 0 : to_pixel(sub8(wanted, from_pixel(entries_[byte])));
    }

    float distortion(const Pixel& pixel, std::uint64_t error) const {
        return pixel.weight * static_cast<float>(square(from_pixel(error)));
    }

    // The cheapest literal. Distortions are kept for all bytes that the pixel allows.
    std::uint8_t literal(const Pixel& pixel, Quad wanted) {
        if (pixel.is_kept) {
            distortions_[pixel.lowest] = 0;
            return pixel.lowest;
        }
        const std::uint64_t point = to_pixel(wanted);
        const std::size_t from = pixel.lowest;
        return static_cast<std::uint8_t>(
            from + kernels_.cheapest_entry({xy_ + from, zw_ + from, k_ - from}, static_cast<std::uint32_t>(point),
                                           static_cast<std::uint32_t>(point >> 32), pixel.weight, literals_ + from,
                                           distortions_ + from));
    }

    float kept_distortion(std::uint8_t byte) const { return distortions_[byte]; }
    float literal_price(std::uint8_t byte) const { return literals_[byte]; }
    float longer_price(std::size_t length) const { return longer_[length]; }  // a byte more, of a match of this length
    float start_price(std::size_t distance) const {
        return prices_.lengths[kShortestMatch] + prices_.distances[distance_code(distance)];
    }

    void settle_error(std::size_t y, std::size_t x, std::uint64_t error) { errors_[y & 1][x + 1] = error; }

private:
    static constexpr std::size_t kRoom = 256 + kCandidatePad;
    const Quad kHighest = filled8(kReach), kLowest = filled8(-kReach);

    const Rows rows_;
    const std::size_t k_;
    const Prices& prices_;
    const std::int32_t feedback_;
    const Quad from_left_;
    const Kernels& kernels_ = kernels();
    std::vector<std::uint64_t> errors_[2];  // of the rows' settled pixels, by turns; a zero at either end
    std::uint64_t entries_[kRoom];
    std::uint32_t xy_[kRoom], zw_[kRoom];
    float literals_[kRoom], distortions_[kRoom] = {};
    float longer_[kLongestMatch];
};

// What is decided: bytes, the errors they leave, and where matches may start from.
class Settled {
public:
    Settled(const Rows& rows, Coder& coder, std::size_t longest_open, std::uint8_t* indices)
        : rows_(rows), stride_(rows.width + 1), longest_open_(longest_open), coder_(coder), indices_(indices),
          stream_(rows.height * stride_) {}

    std::size_t size() const { return size_; }
    std::uint8_t operator[](std::size_t at) const { return stream_[at]; }
    const SymbolCounts& counts() const { return counts_; }

    void add(const Move& move) {
        stream_[size_] = move.byte;
        if (size_ >= 2) {
            const std::size_t from = size_ - 2;
            std::uint32_t& head = heads_[hash(&stream_[from])];
            chain_[from % kWindow] = head;
            head = static_cast<std::uint32_t>(from);
        }
        count(move);
        leave_error(move.byte);
        ++size_;
    }

    void end_match() {
        if (length_ >= kShortestMatch) {
            ++counts_.lengths[length_code(length_)];
            ++counts_.distances[distance_code(distance_)];
        }
        length_ = 0;
    }

    // Distances beyond kNear from which a match may start at byte `at`, which is pixel x of row y. Some may come twice.
    // None leads to a byte that is still open when the match gets there.
    std::size_t distances(std::size_t at, std::size_t y, std::size_t x, std::size_t* found) const {
        std::size_t n = 0;
        const auto add = [&](std::size_t distance) {
            if (distance > longest_open_ && distance <= std::min(at, kFarthest)) found[n++] = distance;
        };
        for (std::size_t row = 1; row <= kRows; ++row)
            for (std::size_t distance = row * stride_ - kAside; distance <= row * stride_ + kAside; ++distance) add(distance);
        for (std::size_t i = 0; i < n_recent_; ++i) add(recent_[i]);
        if (x + 3 <= rows_.width) {
            std::uint32_t from = heads_[hash(rows_.guess + y * rows_.width + x)];
            for (std::size_t i = 0; i < kChain && from != kNowhere && at - from < kWindow; ++i, from = chain_[from % kWindow])
                add(at - from);
        }
        return n;
    }

private:
    void count(const Move& move) {
        const bool is_literal = move.distance == 0, is_start = move.distance & kStart;
        if (is_literal || is_start) end_match();
        if (is_literal) {
            ++counts_.literals[move.byte];
            return;
        }
        if (is_start) {
            distance_ = move.distance & kFarthest;
            if (distance_ > kNear) remember(distance_);
        }
        ++length_;
    }

    void remember(std::size_t distance) {
        std::size_t i = static_cast<std::size_t>(std::find(recent_, recent_ + n_recent_, distance) - recent_);
        if (i == n_recent_) {
            if (n_recent_ < kRecent) ++n_recent_;
            else --i;
        }
        std::rotate(recent_, recent_ + i, recent_ + i + 1);
        recent_[0] = distance;
    }

    void leave_error(std::uint8_t byte) {
        const std::size_t y = size_ / stride_, column = size_ % stride_;
        if (column == 0) {  // the filter's type
            error_ = 0;
            return;
        }
        const std::size_t x = column - 1;
        const Coder::Pixel pixel = coder_.pixel(y, x);
        error_ = coder_.error(pixel, coder_.with_error(pixel, error_), byte);
        coder_.settle_error(y, x, error_);
        indices_[y * rows_.width + x] = byte;
    }

    static std::size_t hash(const std::uint8_t* bytes) {
        const auto word = static_cast<std::uint32_t>(bytes[0] | bytes[1] << 8 | bytes[2] << 16);
        return word * 2654435761u >> (32 - kHashBits);
    }

    const Rows rows_;
    const std::size_t stride_, longest_open_;  // bytes of a row, and bytes that are not settled at most
    Coder& coder_;
    std::uint8_t* const indices_;
    std::vector<std::uint8_t> stream_;
    std::size_t size_ = 0;
    std::uint64_t error_ = 0;
    std::size_t distance_ = 0, length_ = 0;  // of the match that the last byte is in
    std::size_t recent_[kRecent], n_recent_ = 0;
    std::vector<std::uint32_t> heads_ = std::vector<std::uint32_t>(std::size_t{1} << kHashBits, kNowhere);
    std::vector<std::uint32_t> chain_ = std::vector<std::uint32_t>(kWindow, kNowhere);
    SymbolCounts counts_;
};

class Search {
public:
    Search(const Rows& rows, const Points& entries, const Prices& prices, const RateDistortion& options, std::uint8_t* indices)
        : rows_(rows), coder_(rows, entries, prices, options), n_survivors_(options.n_survivors),
          stretch_(std::min(kLongestStretch, (rows.width - 2) / (kDepth + 1))),
          settled_(rows, coder_, (kDepth + 1) * stretch_ - 1, indices), ring_(std::bit_ceil((kDepth + 1) * stretch_)), moves_(ring_ * n_survivors_) {
        survivors_[0] = {};
        n_ = 1;
    }

    const SymbolCounts& run() {
        for (std::size_t y = 0; y < rows_.height; ++y) {
            filter_type();
            for (std::size_t x = 0; x < rows_.width; ++x) pixel(y, x);
        }
        settle(at_, cheapest());
        settled_.end_match();
        return settled_.counts();
    }

private:
    std::size_t cheapest() const {
        const auto is_cheaper = [](const Survivor& a, const Survivor& b) { return a.cost < b.cost; };
        return static_cast<std::size_t>(std::min_element(survivors_, survivors_ + n_, is_cheaper) - survivors_);
    }

    // The cheapest that can end, or if none can, the cheapest: what it was in was no match then.
    const Survivor& cheapest_end() const {
        const Survivor* best = nullptr;
        for (std::size_t i = 0; i < n_; ++i)
            if (survivors_[i].can_end() && (!best || survivors_[i].cost < best->cost)) best = &survivors_[i];
        return best ? *best : survivors_[cheapest()];
    }

    std::uint8_t byte_back(const Survivor& survivor, std::size_t distance) const {
        return distance <= kNear ? static_cast<std::uint8_t>(survivor.last >> (8 * (distance - 1))) : settled_[at_ - distance];
    }

    // A row's first byte: the filter's type, none.
    void filter_type() {
        constexpr std::uint8_t kNone = 0;
        const Survivor& best = cheapest_end();
        step(best, kNone, 0, best.cost + coder_.literal_price(kNone), 0, 0);
        for (std::size_t i = 0; i < n_; ++i) {
            const Survivor& s = survivors_[i];
            if (s.can_go_on() && byte_back(s, s.distance) == kNone)
                step(s, kNone, 0, s.cost + coder_.longer_price(s.length), s.distance, s.length);
        }
        keep_cheapest();
    }

    void pixel(std::size_t y, std::size_t x) {
        const Coder::Pixel pixel = coder_.pixel(y, x);
        const Survivor& best = cheapest_end();
        const Quad wanted = coder_.with_error(pixel, best.error);
        const std::uint8_t literal = coder_.literal(pixel, wanted);
        const float cost = best.cost + coder_.kept_distortion(literal) + coder_.literal_price(literal);
        const float limit = cost + kMargin;
        step(best, literal, coder_.error(pixel, wanted, literal), cost, 0, 0);
        if (best.can_end()) start_matches(best, pixel, wanted, limit, y, x);
        for (std::size_t i = 0; i < n_; ++i) {
            const Survivor& s = survivors_[i];
            if (!s.can_go_on()) continue;
            const std::uint8_t byte = byte_back(s, s.distance);
            if (!pixel.allows(byte)) continue;
            const std::uint64_t error = coder_.error(pixel, coder_.with_error(pixel, s.error), byte);
            const float longer = s.cost + coder_.distortion(pixel, error) + coder_.longer_price(s.length);
            if (longer < limit) step(s, byte, error, longer, s.distance, s.length);
        }
        keep_cheapest();
    }

    void start_matches(const Survivor& from, const Coder::Pixel& pixel, Quad wanted, float limit, std::size_t y, std::size_t x) {
        std::size_t distances[kMostStarts] = {1, 2, 3, 4};
        const std::size_t n_near = std::min(kNear, at_);
        const std::size_t n = n_near + settled_.distances(at_, y, x, distances + n_near);
        for (std::size_t i = 0; i < n_; ++i) places_[survivors_[i].distance] = static_cast<std::uint8_t>(1 + i);
        for (std::size_t i = 0; i < n; ++i) {
            const std::size_t distance = distances[i];
            const std::uint8_t byte = byte_back(from, distance);
            if (!pixel.allows(byte)) continue;
            const float before = from.cost + coder_.start_price(distance);
            const float cost = before + coder_.kept_distortion(byte);
            if (cost >= limit) continue;
            std::uint8_t& place = places_[distance];  // of one that is in such a match already, and is cheaper all the same
            if (place && survivors_[place - 1].cost <= before) continue;
            step(from, byte, coder_.error(pixel, wanted, byte), cost, distance, 0);
        }
        for (std::size_t i = 0; i < n_; ++i) places_[survivors_[i].distance] = 0;
    }

    // Go on from a survivor with a literal, distance 0, or with a byte of a match that has this length so far.
    void step(const Survivor& from, std::uint8_t byte, std::uint64_t error, float cost, std::size_t distance, std::size_t length) {
        const auto match = static_cast<std::uint16_t>(distance);
        const bool is_start = distance != 0 && length == 0;
        steps_[n_steps_] = {error, cost, from.last << 8 | byte, from.roots, match,
                            static_cast<std::uint16_t>(distance ? length + 1 : 0)};
        taken_[n_steps_++] = {static_cast<std::uint8_t>(&from - survivors_), byte,
                              static_cast<std::uint16_t>(is_start ? match | kStart : match)};
    }

    // The cheapest steps become the survivors.
    void keep_cheapest() {
        float lowest = kNever;
        for (std::size_t i = 0; i < n_steps_; ++i) lowest = std::min(lowest, steps_[i].cost);
        const auto bucket = [&](std::size_t i) {
            return static_cast<std::size_t>(std::min(steps_[i].cost - lowest, kMargin) * (kBuckets / kMargin));
        };
        std::size_t n_buckets = kBuckets;  // those whose steps are kept
        if (n_steps_ > n_survivors_) {
            std::uint8_t sizes[kBuckets + 1] = {};
            for (std::size_t i = 0; i < n_steps_; ++i) ++sizes[bucket(i)];
            std::size_t n = sizes[0];
            for (n_buckets = 1; n_buckets < kBuckets && n + sizes[n_buckets] <= n_survivors_; ++n_buckets) n += sizes[n_buckets];
        }
        Move* const moves = moves_at(at_);
        n_ = 0;
        for (std::size_t i = 0; i < n_steps_ && n_ < n_survivors_; ++i)
            if (bucket(i) < n_buckets) {
                survivors_[n_] = steps_[i];
                moves[n_++] = taken_[i];
            }
        n_steps_ = 0;
        ++at_;
        if (at_ % stretch_ == 0) end_stretch();
    }

    Move* moves_at(std::size_t at) { return moves_.data() + (at & (ring_ - 1)) * n_survivors_; }

    // Settle what lies kDepth stretches back as the cheapest survivor has it; those that have it otherwise go.
    void end_stretch() {
        const std::size_t best = cheapest();
        const float cost = survivors_[best].cost;
        const std::uint32_t root = survivors_[best].roots >> 24;
        const bool is_deep = at_ > kDepth * stretch_;
        if (is_deep) settle(at_ - kDepth * stretch_, best);
        Move* const moves = moves_at(at_ - 1);
        std::size_t n = 0;
        for (std::size_t i = 0; i < n_; ++i) {
            if (is_deep && survivors_[i].roots >> 24 != root) continue;
            survivors_[n] = survivors_[i];
            survivors_[n].cost -= cost;
            survivors_[n].roots = survivors_[n].roots << 8 | static_cast<std::uint32_t>(n);
            moves[n] = moves[i];
            ++n;
        }
        n_ = n;
    }

    // Settle all bytes before `end` as the survivor at `place` has them.
    void settle(std::size_t end, std::size_t place) {
        path_.clear();
        for (std::size_t at = at_; at-- > settled_.size();) {
            path_.push_back(moves_at(at)[place]);
            place = path_.back().parent;
        }
        while (settled_.size() < end) {
            settled_.add(path_.back());
            path_.pop_back();
        }
    }

    const Rows rows_;
    Coder coder_;
    const std::size_t n_survivors_, stretch_;
    Settled settled_;
    const std::size_t ring_;
    std::size_t at_ = 0;  // the byte to be coded next
    Survivor survivors_[kMostSurvivors], steps_[kMostSteps];
    Move taken_[kMostSteps];
    std::size_t n_ = 0, n_steps_ = 0;
    std::vector<Move> moves_, path_;  // of the survivors of the last bytes, by turns; of one, backwards
    std::uint8_t places_[kStart] = {};
};

}  // namespace

SymbolCounts choose_indices(const Rows& rows, const Points& entries, const Prices& prices, const RateDistortion& options,
                            std::uint8_t* indices) {
    return std::make_unique<Search>(rows, entries, prices, options, indices)->run();
}

double weighted_error(const Points& points, const float* weights, const Points& entries, const std::uint8_t* indices) {
    std::vector<std::uint64_t> colors(entries.n);
    for (std::size_t j = 0; j < entries.n; ++j) colors[j] = weighed(entries, j);
    double sum = 0;
    for (std::size_t i = 0; i < points.n; ++i) {
        const Quad error = sub8(from_pixel(weighed(points, i)), from_pixel(colors[indices[i]]));
        sum += static_cast<double>(weights[i]) * static_cast<double>(square(error));
    }
    return sum;
}

}  // namespace pil_kmeans
