#include <algorithm>

#include "bindings/arrays.hpp"
#include "kernels/weighting/smoothness.hpp"

namespace pil_kmeans::bindings {
namespace {

template <typename Sample>
std::size_t checked_height(const Pixels<Sample>& samples, std::size_t width, std::size_t row_step) {
    if (samples.shape(1) < 1 || samples.shape(1) > 4) throw nb::value_error("pixels have 1 to 4 channels");
    if (samples.shape(0) == 0) throw nb::value_error("there must be a pixel");
    if (width == 0 || samples.shape(0) % width) throw nb::value_error("width does not divide the number of pixels");
    if (row_step == 0) throw nb::value_error("row_step must be at least 1");
    return samples.shape(0) / width;
}

template <typename Sample>
auto smoothness_of(const Pixels<Sample>& samples, std::size_t width, std::size_t row_step, int n_threads) {
    const std::size_t height = checked_height(samples, width, row_step);
    const std::size_t n_rows = n_rows_seen(height, row_step);
    Buffer<std::uint8_t> result(n_rows * width);
    {
        const nb::gil_scoped_release unlocked;
        Team team(n_threads);
        smoothness(samples.data(), height, width, samples.shape(1), row_step, team, result.begin());
    }
    return to_numpy(std::move(result), {n_rows, width});
}

template <typename Sample>
auto cell_smoothness_of(const Pixels<Sample>& samples, std::size_t width, std::size_t row_step, int n_threads) {
    const std::size_t height = checked_height(samples, width, row_step);
    const std::size_t n_cells = n_weight_cells(samples.shape(1));
    Buffer<std::int64_t> counts(n_cells), sums(n_cells);
    {
        const nb::gil_scoped_release unlocked;
        Team team(n_threads);
        cell_smoothness(samples.data(), height, width, samples.shape(1), row_step, team, counts.begin(), sums.begin());
    }
    return std::pair{to_numpy(std::move(counts)), to_numpy(std::move(sums))};
}

template <typename Sample>
auto pixel_weights_of(const Pixels<Sample>& samples, std::size_t width, const Vector<float>& factors, int n_threads) {
    const std::size_t height = checked_height(samples, width, 1);
    if (factors.shape(0) != n_weight_cells(samples.shape(1))) throw nb::value_error("there must be a factor a cell");
    if (!std::all_of(factors.data(), factors.data() + factors.shape(0), [](float f) { return f >= 0; }))
        throw nb::value_error("factors must not be negative");
    Buffer<std::uint16_t> weights(samples.shape(0));
    {
        const nb::gil_scoped_release unlocked;
        Team team(n_threads);
        pixel_weights(samples.data(), height, width, samples.shape(1), factors.data(), team, weights.begin());
    }
    return to_numpy(std::move(weights));
}

}  // namespace

void register_weighting(nb::module_& module) {
    using namespace nb::literals;
    const auto define = [&]<typename Sample>() {
        module.def("smoothness", &smoothness_of<Sample>, "samples"_a.noconvert(), "width"_a, "row_step"_a,
                   "n_threads"_a);
        module.def("cell_smoothness", &cell_smoothness_of<Sample>, "samples"_a.noconvert(), "width"_a, "row_step"_a,
                   "n_threads"_a);
        module.def("pixel_weights", &pixel_weights_of<Sample>, "samples"_a.noconvert(), "width"_a,
                   "factors"_a.noconvert(), "n_threads"_a);
    };
    define.template operator()<std::uint8_t>();
    define.template operator()<std::uint16_t>();
    module.attr("FLAT") = kFlat;
    module.attr("WEIGHT_CELL_BITS") = kCellBits;
}

}  // namespace pil_kmeans::bindings
