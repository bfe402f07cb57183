#include "kernels/png/rate_distortion.hpp"
#include "kernels/isa/isa.hpp"

#include <algorithm>
#include <atomic>
#include <optional>
#include <utility>
#include <vector>

#include "bindings/arrays.hpp"
#include "kernels/base/labels.hpp"
#include "kernels/base/team.hpp"
#include "kernels/png/search_memory.hpp"

namespace pil_kmeans::bindings {
namespace {

constexpr std::size_t kSymbols = kLiterals + kLengthCodes + kDistanceCodes;
using Bands = In<std::int64_t, nb::shape<-1, 2>>;

void check_size(std::size_t n_pixels, std::size_t width) {
    if (width == 0 || n_pixels == 0 || n_pixels % width)
        throw nb::value_error("width does not divide the number of pixels");
}

// Call `check(first, end)` for pieces of so many, in threads.
template <typename Check>
void check_pieces(std::size_t n, Team& team, const Check& check) {
    constexpr std::size_t kPiece = std::size_t{1} << 18;
    team.run((n + kPiece - 1) / kPiece,
             [&](std::size_t i, std::size_t) { check(i * kPiece, std::min(n, (i + 1) * kPiece)); });
}

constexpr float kMostProtection = 1000, kMostPrice = 1000;

void check_indices(const Vector<std::uint8_t>& indices, std::size_t k, Team& team) {
    check_pieces(indices.shape(0), team, [&](std::size_t first, std::size_t end) {
        if (!all_below(indices.data() + first, end - first, k))
            throw std::invalid_argument("an index is beyond the palette");
    });
}

void check_weights(const Vector<float>& weights, float scale, Team& team) {
    const float highest = kHighestWeight / scale;
    const bool is_right = scale > 0 && scale <= kHighestWeight;
    check_pieces(weights.shape(0), team, [&](std::size_t first, std::size_t end) {
        bool is_wrong = !is_right;
        for (std::size_t i = first; i < end; ++i) is_wrong |= !(weights.data()[i] <= highest);
        if (is_wrong) throw std::invalid_argument("a weight is not finite or too high");
    });
}

Points checked_in_threads(const PointArray& array, const char* name, Team& team) {
    check_pieces(array.shape(1), team,
                 [&](std::size_t first, std::size_t end) { check_coordinates(array, first, end, name); });
    return as_points(array);
}

auto weights_of(const PointArray& points, std::size_t width, int n_threads, float protection) {
    const std::size_t n = points.shape(1);
    if (!(protection >= 0 && protection <= kMostProtection)) throw nb::value_error("protection must be 0 to 1000");
    check_size(n, width);
    Buffer<float> weights(n);
    {
        const nb::gil_scoped_release unlocked;
        Team team(n_threads);
        const Points checked = checked_in_threads(points, "points", team);
        visibility(checked, n / width, width, protection, team, weights.begin());
    }
    return to_numpy(std::move(weights));
}

void keep(const PointArray& points, std::size_t width, const PointArray& entries, const Vector<std::uint8_t>& indices,
          const Vector<bool>& fixed, int n_threads, const InOut<float, nb::ndim<1>>& weights) {
    const std::size_t n = points.shape(1), k = entries.shape(1);
    check_size(n, width);
    same_length(n, weights.shape(0), "points and weights");
    same_length(n, indices.shape(0), "points and indices");
    same_length(k, fixed.shape(0), "entries and fixed");
    float* const result = weights.data();
    const nb::gil_scoped_release unlocked;
    Team team(n_threads);
    check_indices(indices, k, team);
    keep_exact(as_points(points), width, as_points(entries), indices.data(), fixed.data(), team, result);
}

double error_of(const PointArray& points, const Vector<float>& weights, const PointArray& entries,
                const Vector<std::uint8_t>& indices, int n_threads) {
    const std::size_t n = points.shape(1), k = entries.shape(1);
    same_length(n, weights.shape(0), "points and weights");
    same_length(n, indices.shape(0), "points and indices");
    const nb::gil_scoped_release unlocked;
    Team team(n_threads);
    check_indices(indices, k, team);
    check_weights(weights, 1, team);
    return weighted_error(checked_in_threads(points, "points", team), weights.data(),
                          checked_points(entries, "entries"), indices.data(), team);
}

// How many pixels have each index below n.
auto counts_of(const Vector<std::uint8_t>& indices, std::size_t n, int n_threads) {
    if (n > 256) throw nb::value_error("there are 256 indices at most");
    Buffer<std::int64_t> counts(n);
    {
        const nb::gil_scoped_release unlocked;
        Team team(n_threads);
        check_indices(indices, n, team);
        count_indices(indices.data(), indices.shape(0), n, team, counts.begin());
    }
    return to_numpy(std::move(counts));
}

SymbolCounts to_counts(const std::uint64_t* numbers) {
    if (std::any_of(numbers, numbers + kSymbols, [](std::uint64_t count) { return count >> 48; }))
        throw std::invalid_argument("counts must be below 2^48");
    SymbolCounts counts;
    std::copy_n(numbers, kLiterals, counts.literals.begin());
    std::copy_n(numbers + kLiterals, kLengthCodes, counts.lengths.begin());
    std::copy_n(numbers + kLiterals + kLengthCodes, kDistanceCodes, counts.distances.begin());
    return counts;
}

auto from_counts(const SymbolCounts& counts) {
    Buffer<std::uint64_t> numbers(kSymbols);
    auto end = std::copy(counts.literals.begin(), counts.literals.end(), numbers.begin());
    end = std::copy(counts.lengths.begin(), counts.lengths.end(), end);
    std::copy(counts.distances.begin(), counts.distances.end(), end);
    return to_numpy(std::move(numbers));
}

// Bits for each literal, each length from 3 and each distance from 1.
auto prices_from(const Vector<std::uint64_t>& counts) {
    same_length(kSymbols, counts.shape(0), "counts and symbols");
    const Prices prices = prices_of(to_counts(counts.data()));
    Buffer<float> literals(kLiterals), lengths(kLongestMatch - kShortestMatch + 1), distances(kWindow);
    std::copy(prices.literals.begin(), prices.literals.end(), literals.begin());
    std::copy(prices.lengths.begin() + kShortestMatch, prices.lengths.end(), lengths.begin());
    for (std::size_t i = 0; i < kWindow; ++i) distances[i] = prices.distances[distance_code(i + 1)];
    return nb::make_tuple(to_numpy(std::move(literals)), to_numpy(std::move(lengths)), to_numpy(std::move(distances)));
}

// Bits for each symbol, extra bits included: literals, lengths by their codes, distances by theirs.
auto symbol_prices(const Vector<std::uint64_t>& counts) {
    same_length(kSymbols, counts.shape(0), "counts and symbols");
    const Prices prices = prices_of(to_counts(counts.data()));
    Buffer<float> literals(kLiterals), lengths(kLengthCodes), distances(kDistanceCodes);
    std::copy(prices.literals.begin(), prices.literals.end(), literals.begin());
    for (std::size_t length = kShortestMatch; length <= kLongestMatch; ++length)
        lengths[length_code(length)] = prices.lengths[length];
    std::copy(prices.distances.begin(), prices.distances.end(), distances.begin());
    return nb::make_tuple(to_numpy(std::move(literals)), to_numpy(std::move(lengths)), to_numpy(std::move(distances)));
}

// First pixel and number of rows of each band; none is beyond the picture, or over another one.
std::vector<std::pair<std::size_t, std::size_t>> read_bands(const Bands& bands, std::size_t height, std::size_t width) {
    std::vector<std::pair<std::size_t, std::size_t>> read;
    const auto n_rows_in_all = static_cast<std::int64_t>(height);
    std::int64_t end = 0;
    for (std::size_t i = 0; i < bands.shape(0); ++i) {
        const std::int64_t top = bands.data()[2 * i], n_rows = bands.data()[2 * i + 1];
        if (top < end || n_rows < 1 || top > n_rows_in_all - n_rows)
            throw std::invalid_argument("a band is beyond the picture, or over another one");
        read.emplace_back(static_cast<std::size_t>(top) * width, static_cast<std::size_t>(n_rows));
        end = top + n_rows;
    }
    return read;
}

void check_search(std::size_t width, std::size_t k, std::pair<int, int> feedback, int color) {
    if (width < kNarrowest) throw nb::value_error("rows are too narrow");
    if (k < 1 || k > 256) throw nb::value_error("a palette has 1 to 256 entries here");
    if (std::min(feedback.first, feedback.second) < 0 || std::max(feedback.first, feedback.second) > 256)
        throw nb::value_error("feedback must be 0 to 256");
    if (color <= 2048 || color > 4096) throw nb::value_error("color must be 2049 to 4096");
}

// Writes `indices` in the bands, each a first row and a number of rows; returns the counts of the symbols used there.
// `feedback` is the usual one, and that of smooth areas. Without `lowest` pixels may get all entries. `progress` is
// called in this thread with the share that is done. `symbols`, if there are any, have room for those of all rows and
// an end of each band, which begins behind as many as all bands and rows before it may take.
auto chosen(const PointArray& points, std::size_t width, const Vector<float>& weights, float scale,
            const Vector<std::uint8_t>& lowest, const Vector<std::uint8_t>& guess, const PointArray& entries,
            const Vector<std::uint64_t>& counts, const Bands& bands, std::pair<int, int> feedback, int n_threads,
            const nb::callable& progress, nb::ndarray<std::uint8_t, nb::ndim<1>, nb::c_contig, nb::device::cpu> indices,
            const std::optional<InOut<std::uint32_t, nb::ndim<1>>>& symbols, bool is_quick, int color) {
    const std::size_t n = points.shape(1), k = entries.shape(1);
    check_size(n, width);
    check_search(width, k, feedback, color);
    same_length(n, weights.shape(0), "points and weights");
    if (lowest.shape(0)) same_length(n, lowest.shape(0), "points and lowest");
    same_length(n, guess.shape(0), "points and guess");
    same_length(n, indices.shape(0), "points and indices");
    same_length(kSymbols, counts.shape(0), "counts and symbols");
    if (symbols) same_length(n + n / width + bands.shape(0), symbols->shape(0), "symbols and pixels, rows and bands");
    std::uint8_t* const result = indices.data();
    std::uint32_t* const told = symbols ? symbols->data() : nullptr;
    SymbolCounts sum;
    {
        const nb::gil_scoped_release unlocked;
        Team team(n_threads);
        check_weights(weights, scale, team);
        check_indices(lowest, k, team);
        check_indices(guess, k, team);
        const auto parts = read_bands(bands, n / width, width);
        const Prices prices = prices_of(to_counts(counts.data()));
        const Points all = as_points(points);
        checked_points(entries, "entries");
        team.run(parts.size(), [&](std::size_t i, std::size_t) {  // what is looked at, for there may be many calls
            const auto [first, n_rows] = parts[i];
            check_coordinates(points, first, first + n_rows * width, "points");
        });
        std::vector<SymbolCounts> used(parts.size());
        std::atomic<std::size_t> n_done = 0;
        std::vector<SearchMemory> memory(team.size());
        team.run(parts.size(), [&](std::size_t i, std::size_t worker) {
            const auto [first, n_rows] = parts[i];
            const Region region{{all.xy + first, all.zw + first, n_rows * width},
                                n_rows,
                                width,
                                weights.data() + first,
                                scale,
                                lowest.shape(0) ? lowest.data() + first : nullptr,
                                guess.data() + first,
                                oklab_units(),
                                color,
                                is_quick};
            used[i] = choose_indices(region, as_points(entries), prices, Feedback{feedback.first, feedback.second},
                                     memory[worker], result + first, told ? told + first + first / width + i : nullptr);
            const std::size_t done = ++n_done;
            if (worker == 0) {  // this thread
                const nb::gil_scoped_acquire locked;
                progress(static_cast<double>(done) / static_cast<double>(parts.size()));
            }
        });
        for (const SymbolCounts& part : used) sum.add(part);
    }
    return from_counts(sum);
}

// A picture that is searched whole, all of whose pixels may get the same entries.
struct Whole {
    const PointArray& points;
    std::size_t width;
    const Vector<float>& weights;
    float scale;
    const PointArray& entries;
    std::pair<int, int> feedback;
    int color;

    std::size_t n() const { return points.shape(1); }

    void check(const Vector<std::uint8_t>& indices) const {
        check_size(n(), width);
        check_search(width, entries.shape(1), feedback, color);
        same_length(n(), weights.shape(0), "points and weights");
        same_length(n(), indices.shape(0), "points and indices");
    }

    // Of these indices, which are looked at in this thread.
    Region region(const Vector<std::uint8_t>& indices) const {
        Team team(1);
        check_weights(weights, scale, team);
        check_indices(indices, entries.shape(1), team);
        checked_points(entries, "entries");
        const Points all = checked_in_threads(points, "points", team);
        const std::uint8_t* const lowest = nullptr;
        return {all, n() / width, width, weights.data(), scale, lowest, indices.data(), oklab_units(), color, false};
    }
};

void check_prices(const Vector<float>& prices) {
    same_length(kLiterals, prices.shape(0), "prices and bytes");
    for (std::size_t i = 0; i < kLiterals; ++i)
        if (!(prices.data()[i] >= 0 && prices.data()[i] <= kMostPrice)) throw nb::value_error("a price is wrong");
}

// The indices, and their error. Pixels that keep their index have it in `guess`; others get one from `lowest` on.
auto chosen_behind_paeth(const PointArray& points, std::size_t width, const Vector<float>& weights, float scale,
                         const Vector<std::uint8_t>& guess, const PointArray& entries, const Vector<float>& prices,
                         std::size_t lowest, std::pair<int, int> feedback, int color) {
    const Whole whole{points, width, weights, scale, entries, feedback, color};
    whole.check(guess);
    check_prices(prices);
    if (lowest >= entries.shape(1)) throw nb::value_error("lowest is beyond the palette");
    Buffer<std::uint8_t> indices(whole.n());
    double error;
    {
        const nb::gil_scoped_release unlocked;
        error = choose_behind_paeth(whole.region(guess), as_points(entries), prices.data(), lowest,
                                    Feedback{feedback.first, feedback.second}, indices.begin());
    }
    return nb::make_tuple(to_numpy(std::move(indices)), error);
}

// Refined indices; `types` are those of the filters of rows.
auto refined_behind_filters(const PointArray& points, std::size_t width, const Vector<float>& weights, float scale,
                            const Vector<std::uint8_t>& indices, const PointArray& entries, const Vector<float>& prices,
                            const Vector<std::uint8_t>& types, std::size_t lowest, int feedback, int color) {
    const Whole whole{points, width, weights, scale, entries, {feedback, feedback}, color};
    whole.check(indices);
    check_prices(prices);
    if (lowest >= entries.shape(1)) throw nb::value_error("lowest is beyond the palette");
    same_length(whole.n() / width, types.shape(0), "rows and types");
    if (!all_below(types.data(), types.shape(0), kRowFilters)) throw nb::value_error("there is no such filter");
    const FilteredBits bits{prices.data(), reinterpret_cast<const RowFilter*>(types.data()), lowest};
    Buffer<std::uint8_t> result(whole.n());
    {
        const nb::gil_scoped_release unlocked;
        const Region region = whole.region(indices);
        std::copy_n(indices.data(), whole.n(), result.begin());
        refine_filtered(region, as_points(entries), bits, feedback, result.begin());
    }
    return to_numpy(std::move(result));
}

double error_blurred(const PointArray& points, std::size_t width, const Vector<float>& weights,
                     const PointArray& entries, const Vector<std::uint8_t>& indices, int feedback, int color) {
    const Whole whole{points, width, weights, 1, entries, {feedback, feedback}, color};
    whole.check(indices);
    const nb::gil_scoped_release unlocked;
    return blurred_error(whole.region(indices), as_points(entries), feedback, indices.data());
}

}  // namespace

void register_rate_distortion(nb::module_& module) {
    using namespace nb::literals;
    module.def("visibility", &weights_of, "points"_a.noconvert(), "width"_a, "n_threads"_a,
               "protection"_a = kProtection);
    module.def("keep_exact", &keep, "points"_a.noconvert(), "width"_a, "entries"_a.noconvert(), "indices"_a.noconvert(),
               "fixed"_a.noconvert(), "n_threads"_a, "weights"_a.noconvert());
    module.def("weighted_error", &error_of, "points"_a.noconvert(), "weights"_a.noconvert(), "entries"_a.noconvert(),
               "indices"_a.noconvert(), "n_threads"_a);
    module.def("count_indices", &counts_of, "indices"_a.noconvert(), "n"_a, "n_threads"_a);
    module.def("choose_indices", &chosen, "points"_a.noconvert(), "width"_a, "weights"_a.noconvert(), "scale"_a,
               "lowest"_a.noconvert(), "guess"_a.noconvert(), "entries"_a.noconvert(), "counts"_a.noconvert(),
               "bands"_a.noconvert(), "feedback"_a, "n_threads"_a, "progress"_a, "indices"_a.noconvert(),
               "symbols"_a.noconvert() = nb::none(), "is_quick"_a = false, "color"_a = kUsualColor);
    module.def("choose_behind_paeth", &chosen_behind_paeth, "points"_a.noconvert(), "width"_a, "weights"_a.noconvert(),
               "scale"_a, "guess"_a.noconvert(), "entries"_a.noconvert(), "prices"_a.noconvert(), "lowest"_a,
               "feedback"_a, "color"_a);
    module.def("refine_filtered", &refined_behind_filters, "points"_a.noconvert(), "width"_a, "weights"_a.noconvert(),
               "scale"_a, "indices"_a.noconvert(), "entries"_a.noconvert(), "prices"_a.noconvert(),
               "types"_a.noconvert(), "lowest"_a, "feedback"_a, "color"_a);
    module.def("blurred_error", &error_blurred, "points"_a.noconvert(), "width"_a, "weights"_a.noconvert(),
               "entries"_a.noconvert(), "indices"_a.noconvert(), "feedback"_a, "color"_a);
    module.def("symbol_prices", &symbol_prices, "counts"_a.noconvert());
    module.def("deflate_prices", &prices_from, "counts"_a.noconvert());
    module.def(
        "distance_code",
        [](std::size_t distance) {
            if (distance < 1 || distance > kWindow) throw nb::value_error("a distance is 1 to 32768");
            return distance_code(distance);
        },
        "distance"_a);
    module.attr("VISIBILITY_RADIUS") = kVisibilityRadius;  // rows above and below that a weight depends on
    module.attr("PROTECTION") = kProtection;
    module.attr("NARROWEST") = kNarrowest;  // of pictures that can be searched, in columns
    module.attr("NO_SYMBOL") = kNoSymbol;
    module.attr("USUAL_COLOR") = kUsualColor;
    module.attr("DEFLATE_SYMBOLS") = nb::make_tuple(kLiterals, kLengthCodes, kDistanceCodes);
}

}  // namespace pil_kmeans::bindings
