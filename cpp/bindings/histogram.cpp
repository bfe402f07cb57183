#include "kernels/histogram/histogram.hpp"

#include <algorithm>

#include "bindings/arrays.hpp"

namespace pil_kmeans::bindings {
namespace {

template <typename Sample>
auto histogram_of(const Pixels<Sample>& samples, int n_threads) {
    Histogram result;
    {
        const nb::gil_scoped_release unlocked;
        Team team(n_threads);
        result = histogram(samples.data(), samples.shape(0), samples.shape(1), team);
    }
    return std::pair{to_numpy(std::move(result.keys)), to_numpy(std::move(result.counts))};
}

auto cell_histogram_of(const In<std::uint8_t, nb::shape<-1, 3>>& samples, int bits, int n_threads) {
    CellHistogram result;
    {
        const nb::gil_scoped_release unlocked;
        Team team(n_threads);
        result = cell_histogram(samples.data(), samples.shape(0), bits, team);
    }
    const std::size_t n = result.keys.size;
    return std::tuple{to_numpy(std::move(result.keys)), to_numpy(std::move(result.counts)),
                      to_numpy(std::move(result.colors), {n, 3})};
}

auto count_pixels_in(const In<std::uint8_t, nb::shape<-1, 3>>& samples,
                     InOut<std::uint8_t, nb::shape<kTableSize>>& table) {
    std::vector<std::uint32_t> wrapped;
    {
        const nb::gil_scoped_release unlocked;
        wrapped = count_pixels(samples.data(), samples.shape(0), table.data());
    }
    Buffer<std::uint32_t> result(wrapped.size());
    std::copy(wrapped.begin(), wrapped.end(), result.begin());
    return to_numpy(std::move(result));
}

template <typename Sample>
auto colors_of(const Vector<std::uint64_t>& keys, std::size_t n_channels) {
    if (n_channels < 1 || n_channels > 4) throw nb::value_error("n_channels must be 1 to 4");
    Buffer<Sample> colors(keys.shape(0) * n_channels);
    {
        const nb::gil_scoped_release unlocked;
        key_colors(keys.data(), keys.shape(0), n_channels, colors.begin());
    }
    return to_numpy(std::move(colors), {keys.shape(0), n_channels});
}

}  // namespace

void register_histogram(nb::module_& module) {
    using namespace nb::literals;
    module.def("histogram", &histogram_of<std::uint8_t>, "samples"_a.noconvert(), "n_threads"_a);
    module.def("histogram", &histogram_of<std::uint16_t>, "samples"_a.noconvert(), "n_threads"_a);
    module.def("cell_histogram", &cell_histogram_of, "samples"_a.noconvert(), "bits"_a, "n_threads"_a);
    module.def("count_pixels", &count_pixels_in, "samples"_a.noconvert(), "table"_a.noconvert());
    module.attr("TABLE_SIZE") = kTableSize;
    module.def("key_colors_uint8", &colors_of<std::uint8_t>, "keys"_a.noconvert(), "n_channels"_a);
    module.def("key_colors_uint16", &colors_of<std::uint16_t>, "keys"_a.noconvert(), "n_channels"_a);
}

}  // namespace pil_kmeans::bindings
