#include "kernels/gif/lzw_search.hpp"

#include <algorithm>
#include <limits>
#include <memory>

#include "kernels/gif/lzw_codes.hpp"
#include "kernels/gif/seen_error.hpp"

namespace pil_kmeans {
namespace {

constexpr float kNever = std::numeric_limits<float>::max();
constexpr std::size_t kSlack = 6;      // pixels after which a string must be no dearer than the best one so far
constexpr std::size_t kWatched = 256;  // codes after which a full dictionary is judged

// A string of the dictionary, laid over the pixels that come next.
struct Path {
    std::uint64_t error;  // of its last pixel, four int16
    float cost;           // of its errors, in bits
    std::uint16_t code;
};

// Where a code may end.
struct End {
    float cost;  // bits and errors of its pixels
    std::size_t length;
    Path path;
};

class Search {
  public:
    Search(const GifFrame& frame, const Points& entries, const Points& colors, const GifSearch& options,
           std::uint8_t* symbols)
        : frame_(frame),
          options_(options),
          entries_(entries),
          colors_(colors.n),
          n_(frame.height * frame.width),
          stride_(frame.width + 2),
          codes_(options.symbol_bits),
          errors_((frame.height + 1) * stride_),
          from_left_(fill4(-7 * options.feedback)),
          symbols_(symbols) {
        for (std::size_t i = 0; i < colors.n; ++i) colors_[i] = seen(colors, i);
    }

    std::vector<std::uint8_t> run() {
        std::size_t at = 0;
        while (at < n_) {
            const End end = best_end(at);
            const float cost = settle(at, end.path.code, end.length) + static_cast<float>(codes_.next_bits());
            codes_.put(end.path.code);
            at += end.length;
            if (at < n_) watch(cost, end.length);
        }
        return codes_.end();
    }

  private:
    struct Pixel {
        Quad wanted;  // without the error of the pixel to the left
        float weight;
        float stay_cost;  // kNever if it cannot stay
        std::uint64_t stay_color;
        std::uint8_t guess;
        bool is_first, is_kept;
    };

    Pixel pixel(std::size_t at) const {
        const std::size_t y = at / frame_.width, x = at % frame_.width;
        Pixel pixel{fill4(0), frame_.weights[at], kNever, 0, frame_.guess[at], x == 0, frame_.weights[at] < 0};
        const std::uint64_t point = seen(frame_.points, at);
        if (options_.transparent != kNoSymbol && frame_.stay_weights[at] >= 0) {
            const Quad change = sub8(from_pixel(point), from_pixel(seen(frame_.shown, at)));
            pixel.stay_cost = frame_.stay_weights[at] * static_cast<float>(squared(change));
            pixel.stay_color = colors_[frame_.shown_color[at]];
        }
        const std::uint64_t* const above = errors_.data() + y * stride_ + x;
        const Quad one = widen(above[0]), five = widen(above[1]), three = widen(above[2]);
        const Quad fives = add4(five, shift_left4<2>(five)), threes = add4(three, shift_left4<1>(three));
        std::int32_t sums[4];
        store4(sums, add4(one, add4(fives, threes)));
        for (std::int32_t& sum : sums) sum *= -options_.feedback;
        pixel.wanted = sub8(from_pixel(point), narrow(shift_right4<12>(load4(sums))));
        return pixel;
    }

    Quad with_error(const Pixel& pixel, std::uint64_t error) const {
        if (pixel.is_first) error = 0;
        const Quad wanted = sub8(pixel.wanted, narrow(shift_right4<12>(times4(from_pixel(error), from_left_))));
        return max8(min8(wanted, kHighest), kLowest);
    }

    // The cost of a symbol and the error that it leaves; kNever if the pixel cannot have it.
    float cost_of(const Pixel& pixel, std::uint16_t symbol, std::uint64_t left, std::uint64_t& error) const {
        error = 0;
        if (symbol == options_.transparent) {
            if (pixel.is_kept && pixel.guess == symbol) return 0;
            if (pixel.stay_cost < kNever && !pixel.is_kept)
                error = to_pixel(sub8(with_error(pixel, left), from_pixel(pixel.stay_color)));
            return pixel.stay_cost;
        }
        if (pixel.is_kept) return symbol == pixel.guess ? 0 : kNever;
        if (symbol >= entries_.size()) return kNever;
        const Quad left_over = sub8(with_error(pixel, left), from_pixel(entries_[symbol]));
        error = to_pixel(left_over);
        return pixel.weight * static_cast<float>(squared(left_over));
    }

    // Keep the cheapest paths, of equal ones those that came first.
    static void insert(Path* paths, std::size_t& n, std::size_t most, const Path& path) {
        if (n == most && paths[n - 1].cost <= path.cost) return;
        std::size_t i = n < most ? n++ : n - 1;
        for (; i && paths[i - 1].cost > path.cost; --i) paths[i] = paths[i - 1];
        paths[i] = path;
    }

    // The paths of one symbol.
    std::size_t start(const Pixel& pixel, std::uint64_t left, Path* paths) {
        std::size_t n = 0;
        const auto take = [&](std::uint16_t symbol) {
            std::uint64_t error;
            const float cost = cost_of(pixel, symbol, left, error);
            if (cost < kNever) insert(paths, n, options_.n_paths, {error, cost, symbol});
        };
        if (options_.transparent != kNoSymbol) take(options_.transparent);
        if (pixel.is_kept) {
            if (pixel.guess != options_.transparent) take(pixel.guess);
            return n;
        }
        const std::uint64_t point = to_pixel(with_error(pixel, left));
        const std::int32_t* const distances = entries_.distances(point);
        for (std::size_t j = 0; j < entries_.size(); ++j) {
            const float cost = pixel.weight * static_cast<float>(distances[j]);
            if (j == options_.transparent || (n == options_.n_paths && paths[n - 1].cost <= cost)) continue;
            const std::uint64_t error = to_pixel(sub8(from_pixel(point), from_pixel(entries_[j])));
            insert(paths, n, options_.n_paths, {error, cost, static_cast<std::uint16_t>(j)});
        }
        return n;
    }

    // The lengths at which a code that begins here costs least for each pixel, the best first.
    std::size_t ends(std::size_t at, std::uint64_t left, std::size_t most, End* found) {
        const auto bits = static_cast<float>(codes_.next_bits());
        Path* paths = paths_[0];
        Path* next = paths_[1];
        std::size_t n = start(pixel(at), left, paths), n_found = 0;
        float best = kNever;
        for (std::size_t length = 1; n; ++length) {
            const End end{bits + paths[0].cost, length, paths[0]};
            const float each = end.cost / static_cast<float>(length);
            best = std::min(best, each);
            if (n_found < most || each <= found[n_found - 1].cost / static_cast<float>(found[n_found - 1].length)) {
                std::size_t i = n_found < most ? n_found++ : n_found - 1;
                for (; i && found[i - 1].cost / static_cast<float>(found[i - 1].length) >= each; --i)
                    found[i] = found[i - 1];
                found[i] = end;
            }
            if (at + length == n_) break;
            const Pixel there = pixel(at + length);
            const float limit = best * static_cast<float>(length + 1 + kSlack);
            std::size_t n_next = 0;
            const auto follow = [&](const Path& path, std::uint16_t code) {
                std::uint64_t error;
                const float cost = path.cost + cost_of(there, codes_.symbol(code), path.error, error);
                if (cost < limit) insert(next, n_next, options_.n_paths, {error, cost, code});
            };
            for (std::size_t i = 0; i < n; ++i) {
                const Path& path = paths[i];
                for (std::uint16_t code = codes_.first_child(path.code); code != kNoCode;
                     code = codes_.next_child(code))
                    follow(path, code);
                if (path.code == codes_.last() && codes_.unfinished() != kNoCode) follow(path, codes_.unfinished());
            }
            std::swap(paths, next);
            n = n_next;
        }
        return n_found;
    }

    End best_end(std::size_t at) {
        const std::uint64_t left = at ? error_at(at - 1) : 0;
        End found[kMostEnds];
        const std::size_t n = ends(at, left, options_.n_ends, found);
        std::size_t best = 0;
        float least = kNever;
        for (std::size_t i = 0; i < n && n > 1; ++i) {
            const std::size_t after = at + found[i].length;
            float cost = found[i].cost;
            auto length = static_cast<float>(found[i].length);
            if (after < n_) {
                End second[1];
                ends(after, found[i].path.error, 1, second);
                cost += second->cost;
                length += static_cast<float>(second->length);
            }
            if (cost / length < least) least = cost / length, best = i;
        }
        return found[best];
    }

    std::uint64_t error_at(std::size_t at) const {
        return errors_[(at / frame_.width + 1) * stride_ + at % frame_.width + 1];
    }

    // Give the pixels the symbols of a code; returns the cost of their errors, now that all that lies above is known.
    float settle(std::size_t at, std::uint16_t code, std::size_t length) {
        for (std::size_t i = length; i--; code = codes_.without_last(code)) symbols_[at + i] = codes_.symbol(code);
        float sum = 0;
        for (std::size_t i = at; i < at + length; ++i) {
            std::uint64_t error;
            sum += cost_of(pixel(i), symbols_[i], i ? error_at(i - 1) : 0, error);
            errors_[(i / frame_.width + 1) * stride_ + i % frame_.width + 1] = error;
        }
        return sum;
    }

    // A full dictionary stays as long as it serves as well as it did on average while it was made.
    void watch(float cost, std::size_t length) {
        const bool was_full = n_watched_ > 0 || codes_.is_full();
        if (!was_full) {
            growing_cost_ += cost;
            growing_length_ += static_cast<float>(length);
            return;
        }
        cost_ += cost;
        length_ += static_cast<float>(length);
        if (++n_watched_ % kWatched) return;
        if (cost_ * growing_length_ > growing_cost_ * length_) {
            codes_.clear();
            n_watched_ = 0;
            growing_cost_ = growing_length_ = 0;
        }
        cost_ = length_ = 0;
    }

    const Quad kHighest = all_eight(kSeenReach), kLowest = all_eight(-kSeenReach);

    const GifFrame frame_;
    const GifSearch options_;
    SeenEntries entries_;
    std::vector<std::uint64_t> colors_;  // that pixels show
    const std::size_t n_, stride_;
    LzwCodes codes_;
    std::vector<std::uint64_t> errors_;  // of the settled pixels, with a row above and a column at either side
    const Quad from_left_;
    std::uint8_t* const symbols_;
    Path paths_[2][kMostPaths];
    float growing_cost_ = 0, growing_length_ = 0, cost_ = 0, length_ = 0;
    std::size_t n_watched_ = 0;
};

}  // namespace

std::vector<std::uint8_t> search_lzw(const GifFrame& frame, const Points& entries, const Points& colors,
                                     const GifSearch& options, std::uint8_t* symbols) {
    return std::make_unique<Search>(frame, entries, colors, options, symbols)->run();
}

}  // namespace pil_kmeans
