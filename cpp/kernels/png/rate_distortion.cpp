#include "kernels/png/rate_distortion.hpp"

#include <algorithm>
#include <bit>
#include <memory>
#include <vector>

#include "kernels/png/pixel_coder.hpp"
#include "kernels/png/settled_bytes.hpp"

namespace pil_kmeans {
namespace {

constexpr std::size_t kMostSteps = kMostSurvivors + kMostStarts + 1;

constexpr std::size_t kLongestStretch = 32, kDepth = 4;  // bytes of a stretch, which is settled so many stretches later
constexpr float kMargin = 20;                            // bits by which a survivor may be dearer than the cheapest
constexpr std::size_t kBuckets = 64;                     // of costs within the margin

static_assert(kMostSurvivors < 256 && kMostSteps < 256);  // places among survivors, and the buckets' sizes, are bytes
static_assert(kDepth == 4 && kNear == 4);                 // as many bytes hold a survivor's roots, and its last bytes

// A way through the bytes so far.
struct Survivor {
    std::uint64_t error;  // of the last pixel, four int16
    float cost;           // bits, above the cheapest survivor at the end of the last stretch
    std::uint32_t last;   // its last four bytes, the newest lowest
    std::uint32_t roots;  // its places among the survivors at the ends of the last kDepth stretches, the newest lowest
    std::uint16_t distance;  // of the match it is in, 0 after a literal
    std::uint16_t length;    // of the match so far

    bool can_end() const { return distance == 0 || length >= kShortestMatch; }
    bool can_go_on() const { return distance != 0 && length < kLongestMatch; }
};

class Search {
  public:
    Search(const Region& region, const Points& entries, const Prices& prices, const RateDistortion& options,
           std::uint8_t* indices)
        : region_(region),
          coder_(region, entries, prices, options),
          n_survivors_(options.n_survivors),
          stretch_(std::min(kLongestStretch, (region.width - 2) / (kDepth + 1))),
          settled_(region, coder_, (kDepth + 1) * stretch_ - 1, indices),
          ring_(std::bit_ceil((kDepth + 1) * stretch_)),
          moves_(ring_ * n_survivors_) {
        survivors_[0] = {};
        n_ = 1;
    }

    const SymbolCounts& run() {
        for (std::size_t y = 0; y < region_.height; ++y) {
            filter_type();
            for (std::size_t x = 0; x < region_.width; ++x) pixel(y, x);
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
        return distance <= kNear ? static_cast<std::uint8_t>(survivor.last >> (8 * (distance - 1)))
                                 : settled_[at_ - distance];
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
        const PixelCoder::Pixel pixel = coder_.pixel(y, x);
        const Survivor& best = cheapest_end();
        const Quad wanted = coder_.with_error(pixel, best.error);
        const std::uint8_t literal = coder_.literal(pixel, wanted);
        const float cost = best.cost + coder_.distortion_of(literal) + coder_.literal_price(literal);
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

    void start_matches(const Survivor& from, const PixelCoder::Pixel& pixel, Quad wanted, float limit, std::size_t y,
                       std::size_t x) {
        std::size_t distances[kMostStarts] = {1, 2, 3, 4};
        const std::size_t n_near = std::min(kNear, at_);
        const std::size_t n = n_near + settled_.distances(at_, y, x, distances + n_near);
        for (std::size_t i = 0; i < n_; ++i) places_[survivors_[i].distance] = static_cast<std::uint8_t>(1 + i);
        for (std::size_t i = 0; i < n; ++i) {
            const std::size_t distance = distances[i];
            const std::uint8_t byte = byte_back(from, distance);
            if (!pixel.allows(byte)) continue;
            const float before = from.cost + coder_.start_price(distance);
            const float cost = before + coder_.distortion_of(byte);
            if (cost >= limit) continue;
            std::uint8_t& place =
                places_[distance];  // of one that is in such a match already, and is cheaper all the same
            if (place && survivors_[place - 1].cost <= before) continue;
            step(from, byte, coder_.error(pixel, wanted, byte), cost, distance, 0);
        }
        for (std::size_t i = 0; i < n_; ++i) places_[survivors_[i].distance] = 0;
    }

    // Go on from a survivor with a literal, distance 0, or with a byte of a match that has this length so far.
    void step(const Survivor& from, std::uint8_t byte, std::uint64_t error, float cost, std::size_t distance,
              std::size_t length) {
        const auto match = static_cast<std::uint16_t>(distance);
        const bool is_start = distance != 0 && length == 0;
        steps_[n_steps_] = {error,      cost,  from.last << 8 | byte,
                            from.roots, match, static_cast<std::uint16_t>(distance ? length + 1 : 0)};
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
            for (n_buckets = 1; n_buckets < kBuckets && n + sizes[n_buckets] <= n_survivors_; ++n_buckets)
                n += sizes[n_buckets];
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

    const Region region_;
    PixelCoder coder_;
    const std::size_t n_survivors_, stretch_;
    SettledBytes settled_;
    const std::size_t ring_;
    std::size_t at_ = 0;  // the byte to be coded next
    Survivor survivors_[kMostSurvivors], steps_[kMostSteps];
    Move taken_[kMostSteps];
    std::size_t n_ = 0, n_steps_ = 0;
    std::vector<Move> moves_, path_;  // of the survivors of the last bytes, by turns; of one, backwards
    std::uint8_t places_[kStart] = {};
};

}  // namespace

SymbolCounts choose_indices(const Region& region, const Points& entries, const Prices& prices,
                            const RateDistortion& options, std::uint8_t* indices) {
    return std::make_unique<Search>(region, entries, prices, options, indices)->run();
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
