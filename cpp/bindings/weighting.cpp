#include <algorithm>
#include <bit>

#include "bindings/arrays.hpp"
#include "kernels/weighting/color_weights.hpp"
#include "kernels/weighting/smoothness.hpp"

namespace pil_kmeans::bindings {
namespace {

using SeenTuple = std::tuple<std::size_t, std::size_t, std::size_t, std::size_t, std::size_t>;

template <typename Sample>
std::size_t checked_height(const Pixels<Sample>& samples, std::size_t width) {
    if (samples.shape(1) < 1 || samples.shape(1) > 4) throw nb::value_error("pixels have 1 to 4 channels");
    if (samples.shape(0) == 0) throw nb::value_error("there must be a pixel");
    if (width == 0 || samples.shape(0) % width) throw nb::value_error("width does not divide the number of pixels");
    return samples.shape(0) / width;
}

Seen checked_seen(const SeenTuple& seen, std::size_t height, std::size_t width) {
    const auto [first_row, end_row, row_step, first_column, end_column] = seen;
    if (row_step == 0) throw nb::value_error("row_step must be at least 1");
    if (end_row > height || first_column > end_column || end_column > width)
        throw nb::value_error("what is seen must lie in the picture");
    return {first_row, end_row, row_step, first_column, end_column};
}

template <typename Sample>
auto smoothness_of(const Pixels<Sample>& samples, std::size_t width, const SeenTuple& seen_tuple, int n_threads) {
    const std::size_t height = checked_height(samples, width);
    const Seen seen = checked_seen(seen_tuple, height, width);
    const std::size_t n_rows = n_rows_seen(seen);
    Buffer<std::uint8_t> result(n_rows * width);
    {
        const nb::gil_scoped_release unlocked;
        Team team(n_threads);
        smoothness(samples.data(), height, width, samples.shape(1), seen, team, result.begin());
    }
    return to_numpy(std::move(result), {n_rows, width});
}

template <typename Sample>
auto cell_smoothness_of(const Pixels<Sample>& samples, std::size_t width, const SeenTuple& seen_tuple, int n_threads) {
    const std::size_t height = checked_height(samples, width);
    const Seen seen = checked_seen(seen_tuple, height, width);
    const std::size_t n_cells = n_weight_cells(samples.shape(1));
    Buffer<std::int64_t> counts(n_cells), sums(n_cells);
    {
        const nb::gil_scoped_release unlocked;
        Team team(n_threads);
        cell_smoothness(samples.data(), height, width, samples.shape(1), seen, team, counts.begin(), sums.begin());
    }
    return std::pair{to_numpy(std::move(counts)), to_numpy(std::move(sums))};
}

template <typename Sample>
auto pixel_weights_of(const Pixels<Sample>& samples, std::size_t width, const Vector<std::int64_t>& totals,
                      const Vector<std::int64_t>& rows, int n_threads) {
    const std::size_t height = checked_height(samples, width), n_rows = rows.shape(0);
    for (std::size_t i = 0; i < n_rows; ++i)
        if (rows.data()[i] < 0 || static_cast<std::size_t>(rows.data()[i]) >= height ||
            (i > 0 && rows.data()[i] <= rows.data()[i - 1]))
            throw nb::value_error("rows must ascend and lie in the picture");
    if (totals.shape(0) != n_weight_cells(samples.shape(1))) throw nb::value_error("there must be a total a cell");
    auto weights = zeroed<std::uint16_t>(samples.shape(0), Fill::sparse);
    {
        const nb::gil_scoped_release unlocked;
        Team team(n_threads);
        pixel_weights(samples.data(), height, width, samples.shape(1), totals.data(), rows.data(), n_rows, team,
                      weights.begin());
    }
    return to_numpy(std::move(weights));
}

auto color_weights_of(const Vector<std::uint64_t>& keys, const Vector<std::int64_t>& weights, int shift,
                      const Vector<double>& counts, const Vector<double>& sums) {
    const std::size_t n = keys.shape(0), n_cells = counts.shape(0);
    same_length(n, weights.shape(0), "keys and weights");
    same_length(n_cells, sums.shape(0), "counts and sums");
    if (shift < 0 || shift > 63) throw nb::value_error("shift must be 0 to 63");
    if (n_cells > kMostCells || !std::has_single_bit(n_cells))
        throw nb::value_error("there must be a power of two of cells, at most 65536");
    for (const auto* part : {&counts, &sums}) {
        bool are_valid = true;
        for (std::size_t cell = 0; cell < n_cells; ++cell)  // without a way out: several at a time
            are_valid &= (part->data()[cell] >= 0) & (part->data()[cell] < 1e300);
        if (!are_valid) throw nb::value_error("counts and sums must not be negative");
    }
    Buffer<std::int64_t> result(n), totals(n_cells);
    Buffer<double> factors(n_cells);
    {
        const nb::gil_scoped_release unlocked;
        cell_totals(keys.data(), weights.data(), n, shift, n_cells, totals.begin());
        color_weights(keys.data(), weights.data(), n, shift, totals.begin(), counts.data(), sums.data(), n_cells,
                      factors.begin(), result.begin());
    }
    return std::tuple{to_numpy(std::move(result)), to_numpy(std::move(totals)), to_numpy(std::move(factors))};
}

}  // namespace

void register_weighting(nb::module_& module) {
    using namespace nb::literals;
    const auto define = [&]<typename Sample>() {
        module.def("smoothness", &smoothness_of<Sample>, "samples"_a.noconvert(), "width"_a, "seen"_a, "n_threads"_a);
        module.def("cell_smoothness", &cell_smoothness_of<Sample>, "samples"_a.noconvert(), "width"_a, "seen"_a,
                   "n_threads"_a);
        module.def("pixel_weights", &pixel_weights_of<Sample>, "samples"_a.noconvert(), "width"_a,
                   "totals"_a.noconvert(), "rows"_a.noconvert(), "n_threads"_a);
    };
    define.template operator()<std::uint8_t>();
    define.template operator()<std::uint16_t>();
    module.def("color_weights", &color_weights_of, "keys"_a.noconvert(), "weights"_a.noconvert(), "shift"_a,
               "counts"_a.noconvert(), "sums"_a.noconvert());
    module.attr("FLAT") = kFlat;
    module.attr("WEIGHT_CELL_BITS") = kCellBits;
}

}  // namespace pil_kmeans::bindings
