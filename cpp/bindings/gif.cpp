#include <algorithm>
#include <vector>

#include "bindings/arrays.hpp"
#include "kernels/gif/lzw_search.hpp"

namespace pil_kmeans::bindings {
namespace {

void check_symbols(const GifFrame& frame, std::size_t k, std::size_t n_colors, const GifSearch& options) {
    const bool can_stay = options.transparent != kNoSymbol;
    for (std::size_t i = 0; i < frame.points.n; ++i) {
        const float weight = frame.weights[i], stay = frame.stay_weights[i];
        if (!(weight <= kMostBitsWorth) || !(stay <= kMostBitsWorth))
            throw std::invalid_argument("a weight is not finite or too high");
        if (weight >= 0 && k == 1 && options.transparent == 0)
            throw std::invalid_argument("no entry is left but the transparent one");
        if (weight < 0 && frame.guess[i] >> options.symbol_bits) throw std::invalid_argument("a guess is no symbol");
        if (can_stay && stay >= 0 && frame.shown_color[i] >= n_colors)
            throw std::invalid_argument("a color that is shown is beyond those that are known");
    }
}

// The symbols and the codes.
auto searched(const PointArray& points, std::size_t width, const Vector<float>& weights,
              const Vector<std::uint8_t>& guess, const PointArray& shown, const Vector<std::uint16_t>& shown_color,
              const Vector<float>& stay_weights, const PointArray& entries, const PointArray& colors, int transparent,
              int symbol_bits, int feedback, std::size_t n_paths, std::size_t n_ends) {
    const std::size_t n = points.shape(1), k = entries.shape(1);
    if (width == 0 || n == 0 || n % width) throw nb::value_error("width does not divide the number of pixels");
    if (symbol_bits < kFewestSymbolBits || symbol_bits > kMostSymbolBits)
        throw nb::value_error("symbols have 2 to 8 bits");
    const std::size_t n_symbols = std::size_t{1} << symbol_bits;
    if (k < 1 || k > n_symbols) throw nb::value_error("a palette has 1 entry or more, and no more than symbols");
    if (transparent < -1 || transparent >= static_cast<int>(n_symbols))
        throw nb::value_error("transparent must be -1 or a symbol");
    if (feedback < 0 || feedback > 256) throw nb::value_error("feedback must be 0 to 256");
    if (n_paths < 1 || n_paths > kMostPaths) throw nb::value_error("n_paths must be 1 to 64");
    if (n_ends < 1 || n_ends > kMostEnds) throw nb::value_error("n_ends must be 1 to 4");
    same_length(n, weights.shape(0), "points and weights");
    same_length(n, guess.shape(0), "points and guess");
    same_length(n, shown.shape(1), "points and shown");
    same_length(n, shown_color.shape(0), "points and shown_color");
    same_length(n, stay_weights.shape(0), "points and stay_weights");
    Buffer<std::uint8_t> symbols(n), codes;
    {
        const nb::gil_scoped_release unlocked;
        const GifFrame frame{checked_points(points, "points"),
                             n / width,
                             width,
                             weights.data(),
                             guess.data(),
                             checked_points(shown, "shown"),
                             shown_color.data(),
                             stay_weights.data()};
        const std::uint16_t stays = transparent < 0 ? kNoSymbol : static_cast<std::uint16_t>(transparent);
        const GifSearch options{stays, symbol_bits, feedback, n_paths, n_ends};
        check_symbols(frame, k, colors.shape(1), options);
        const std::vector<std::uint8_t> written = search_lzw(
            frame, checked_points(entries, "entries"), checked_points(colors, "colors"), options, symbols.begin());
        codes = Buffer<std::uint8_t>(written.size());
        std::copy(written.begin(), written.end(), codes.begin());
    }
    return nb::make_tuple(to_numpy(std::move(symbols)), to_numpy(std::move(codes)));
}

}  // namespace

void register_gif(nb::module_& module) {
    using namespace nb::literals;
    module.def("search_lzw", &searched, "points"_a.noconvert(), "width"_a, "weights"_a.noconvert(),
               "guess"_a.noconvert(), "shown"_a.noconvert(), "shown_color"_a.noconvert(), "stay_weights"_a.noconvert(),
               "entries"_a.noconvert(), "colors"_a.noconvert(), "transparent"_a, "symbol_bits"_a, "feedback"_a,
               "n_paths"_a, "n_ends"_a);
}

}  // namespace pil_kmeans::bindings
