#include "kernels/color/color_space.hpp"

#include <algorithm>
#include <cmath>

#include <nanobind/stl/array.h>

#include "bindings/arrays.hpp"

namespace pil_kmeans::bindings {
namespace {

using Origin = std::array<double, 4>;

constexpr double kFarthest = 1e6;  // coordinate of a center: far beyond all that can be shown

template <typename Sample>
auto points_of(const Pixels<Sample>& colors, const std::string& space, bool straight, const Origin& origin, double zoom,
               int n_threads) {
    const std::size_t n = colors.shape(0), n_channels = colors.shape(1);
    if (n_channels < 1 || n_channels > 4) throw nb::value_error("colors must have 1 to 4 channels");
    check_grid({origin, zoom});
    const ColorSpace& chosen = color_space(space);
    Buffer<std::int16_t> points(4 * n);
    {
        const nb::gil_scoped_release unlocked;
        Team team(n_threads);
        auto* words = reinterpret_cast<std::uint32_t*>(points.begin());
        working_points(colors.data(), n, n_channels, chosen, straight, Grid{origin, zoom}, team, words, words + n);
    }
    return to_numpy(std::move(points), {2, n, 2});
}

template <typename Sample>
auto roots_of(const Pixels<Sample>& colors, bool precise) {
    const std::size_t n = colors.shape(0), n_channels = colors.shape(1);
    if (n_channels < 1 || n_channels > 4) throw nb::value_error("colors must have 1 to 4 channels");
    Buffer<float> roots(4 * n);
    {
        const nb::gil_scoped_release unlocked;
        cone_roots(colors.data(), n, n_channels, precise, roots.begin());
    }
    return to_numpy(std::move(roots), {n, 4});
}

auto colors_of(const CenterArray& centers, std::size_t n_channels, const std::string& space, const Origin& origin,
               double zoom) {
    if (n_channels < 1 || n_channels > 4) throw nb::value_error("n_channels must be 1 to 4");
    check_grid({origin, zoom});
    const double* const coordinates = centers.data();
    if (!std::all_of(coordinates, coordinates + centers.size(), [](double x) { return std::abs(x) <= kFarthest; }))
        throw nb::value_error("coordinates of centers must be within +-1e6");
    const ColorSpace& chosen = color_space(space);
    Buffer<double> colors(centers.shape(0) * n_channels);
    {
        const nb::gil_scoped_release unlocked;
        center_colors(centers.data(), centers.shape(0), n_channels, chosen, Grid{origin, zoom}, colors.begin());
    }
    return to_numpy(std::move(colors), {centers.shape(0), n_channels});
}

template <void (*convert)(const double*, std::size_t, const ColorSpace&, double*)>
auto converted_greys(const Vector<double>& greys, const std::string& space) {
    const std::size_t n = greys.shape(0);
    const ColorSpace& chosen = color_space(space);
    Buffer<double> converted(n);
    {
        const nb::gil_scoped_release unlocked;
        if (!std::all_of(greys.data(), greys.data() + n, [](double x) { return std::abs(x) <= kFarthest; }))
            throw std::invalid_argument("greys must be within +-1e6");
        convert(greys.data(), n, chosen, converted.begin());
    }
    return to_numpy(std::move(converted));
}

}  // namespace

void register_color_space(nb::module_& module) {
    using namespace nb::literals;
    module.def("working_points", &points_of<std::uint8_t>, "colors"_a.noconvert(), "color_space"_a, "straight"_a,
               "origin"_a, "zoom"_a, "n_threads"_a);
    module.def("working_points", &points_of<std::uint16_t>, "colors"_a.noconvert(), "color_space"_a, "straight"_a,
               "origin"_a, "zoom"_a, "n_threads"_a);
    module.def("cone_roots", &roots_of<std::uint8_t>, "colors"_a.noconvert(), "precise"_a = true);
    module.def("cone_roots", &roots_of<std::uint16_t>, "colors"_a.noconvert(), "precise"_a = true);
    module.def("center_colors", &colors_of, "centers"_a.noconvert(), "n_channels"_a, "color_space"_a, "origin"_a,
               "zoom"_a);
    module.def("lightness_of_greys", &converted_greys<lightness_of_greys>, "greys"_a.noconvert(), "color_space"_a);
    module.def("greys_of_lightness", &converted_greys<greys_of_lightness>, "lightness"_a.noconvert(), "color_space"_a);
    module.def("scale", [](const std::string& space) { return color_space(space).scale; }, "color_space"_a);
    module.def(
        "alpha_scale", [](const std::string& space) { return alpha_scale(color_space(space), false); },
        "color_space"_a);
    module.def(
        "mean_background", [](const std::string& space) { return mean_background(color_space(space)); },
        "color_space"_a);
    nb::list names;
    for (const ColorSpace& space : color_spaces()) names.append(nb::str(space.name.data(), space.name.size()));
    module.attr("COLOR_SPACES") = nb::tuple(names);
    module.attr("MAX_COORDINATE") = kMaxCoordinate;
}

}  // namespace pil_kmeans::bindings
