#include "kernels/color/color_space.hpp"

#include <algorithm>
#include <bit>
#include <cmath>
#include <stdexcept>
#include <string>
#include <vector>

#include "kernels/base/points.hpp"
#include "kernels/color/oklab_of_cones.hpp"
#include "kernels/histogram/morton.hpp"
#include "kernels/isa/isa.hpp"

namespace pil_kmeans {

// --- sRGB's transfer function (IEC 61966-2-1), with roots by Newton's and Halley's methods ------------------------

double cube_root(double x) {
    if (x <= 0) return x < 0 ? -cube_root(-x) : 0.0;
    double y = std::bit_cast<double>(std::bit_cast<std::uint64_t>(x) / 3 + 0x2a9f789300000000ull);
    for (int step = 0; step < 4; ++step) {
        const double cube = y * y * y;
        y *= (cube + 2 * x) / (2 * cube + x);
    }
    return y;
}

namespace {

double fifth_root(double x) {  // x in (0, 1]
    double y = std::sqrt(std::sqrt(x));
    for (int step = 0; step < 6; ++step) {
        const double fourth = y * y * y * y;
        y -= (fourth * y - x) / (5 * fourth);
    }
    return y;
}

}  // namespace

double decode_srgb(double v) {
    if (v <= 0.04045) return v / 12.92;
    const double base = (v + 0.055) / 1.055, square = base * base;
    return square * fifth_root(square);  // base ^ 2.4
}

double encode_srgb(double v) {
    if (v <= 0.0031308) return 12.92 * v;
    return 1.055 * cube_root(v * std::sqrt(std::sqrt(v))) - 0.055;  // v ^ (5 / 12)
}

namespace {

// Linear light of every sample value.
template <typename Sample>
const std::vector<float>& linear_table() {
    static const std::vector<float> table = [] {
        const std::size_t n = std::size_t{1} << (8 * sizeof(Sample));
        std::vector<float> values(n);
        for (std::size_t v = 0; v < n; ++v)
            values[v] = static_cast<float>(decode_srgb(static_cast<double>(v) / static_cast<double>(n - 1)));
        return values;
    }();
    return table;
}

// --- the spaces --------------------------------------------------------------------------------------------------

using Color = std::array<double, 3>;

// Oklab (Ottosson 2020): from linear light by a kernel, oklab.cpp.
void to_oklab(float* r, float* g, float* b, std::size_t n) { kernels().oklab(r, g, b, n); }

Color from_oklab(const Color& color) {
    const auto light = [&](const double* of) {
        const double root = of[0] * color[0] + of[1] * color[1] + of[2] * color[2];
        return root * root * root;
    };
    const double l = light(kConesOfOklab[0]), m = light(kConesOfOklab[1]), s = light(kConesOfOklab[2]);
    return {4.0767416621 * l - 3.3077115913 * m + 0.2309699292 * s,
            -1.2684380046 * l + 2.6097574011 * m - 0.3413193965 * s,
            -0.0041960863 * l - 0.7034186147 * m + 1.7076147010 * s};
}

// CIELAB (CIE 15, white D65).
constexpr double kWhiteX = 0.95047, kWhiteZ = 1.08883;
constexpr double kLabKnee = 6.0 / 29.0;

double lab_f(double t) {
    return t > kLabKnee * kLabKnee * kLabKnee ? cube_root(t) : t / (3 * kLabKnee * kLabKnee) + 4.0 / 29.0;
}

double lab_f_inverse(double f) { return f > kLabKnee ? f * f * f : 3 * kLabKnee * kLabKnee * (f - 4.0 / 29.0); }

void to_cielab(float* r, float* g, float* b, std::size_t n) {
    for (std::size_t i = 0; i < n; ++i) {
        const double red = r[i], green = g[i], blue = b[i];
        const double fx = lab_f((0.4124564 * red + 0.3575761 * green + 0.1804375 * blue) / kWhiteX);
        const double fy = lab_f(0.2126729 * red + 0.7151522 * green + 0.0721750 * blue);
        const double fz = lab_f((0.0193339 * red + 0.1191920 * green + 0.9503041 * blue) / kWhiteZ);
        r[i] = static_cast<float>(116 * fy - 16);
        g[i] = static_cast<float>(500 * (fx - fy));
        b[i] = static_cast<float>(200 * (fy - fz));
    }
}

Color from_cielab(const Color& color) {
    const auto [lightness, a, b] = color;
    const double fy = (lightness + 16) / 116;
    const double x = kWhiteX * lab_f_inverse(fy + a / 500);
    const double y = lab_f_inverse(fy);
    const double z = kWhiteZ * lab_f_inverse(fy - b / 200);
    return {3.2404542 * x - 1.5371385 * y - 0.4985314 * z, -0.9692660 * x + 1.8760108 * y + 0.0415560 * z,
            0.0556434 * x - 0.2040259 * y + 1.0572252 * z};
}

double oklab_grey(double light) { return cube_root(light); }
double light_of_oklab_grey(double lightness) { return lightness * lightness * lightness; }

double cielab_grey(double light) { return 116 * lab_f(light) - 16; }
double light_of_cielab_grey(double lightness) { return lab_f_inverse((lightness + 16) / 116); }

// What colours are given in is the space itself.
void as_given(float*, float*, float*, std::size_t) {}
Color as_it_is(const Color& color) { return color; }
double same(double level) { return level; }

// A new one needs a row here, its name in COLOR_SPACES of stages/color_space.py, and an oracle in
// tests/reference/color_space.py.
constexpr ColorSpace kColorSpaces[] = {
    {.name = "oklab",
     .scale = 8192,
     .white = 1,
     .is_of_light = true,
     .has_lightness = true,
     .to_space = to_oklab,
     .from_space = from_oklab,
     .of_grey = oklab_grey,
     .to_grey = light_of_oklab_grey},
    {.name = "cielab",
     .scale = 64,
     .white = 100,
     .is_of_light = true,
     .has_lightness = true,
     .to_space = to_cielab,
     .from_space = from_cielab,
     .of_grey = cielab_grey,
     .to_grey = light_of_cielab_grey},
    {.name = "linear",
     .scale = 8192,
     .white = 1,
     .is_of_light = true,
     .has_lightness = false,
     .to_space = as_given,
     .from_space = as_it_is,
     .of_grey = same,
     .to_grey = same},
    {.name = "srgb",
     .scale = 32,
     .white = 255,
     .is_of_light = false,
     .has_lightness = false,
     .to_space = as_given,
     .from_space = as_it_is,
     .of_grey = same,
     .to_grey = same},
};

// sRGB, from 0 to 1, of what a space is reckoned from, clipped to what it can show.
double sample_of(const ColorSpace& space, double level) {
    return std::clamp(space.is_of_light ? encode_srgb(std::clamp(level, 0.0, 1.0)) : level / 255, 0.0, 1.0);
}

// The same of a colour in the space.
Color to_srgb(const ColorSpace& space, const Color& color) {
    Color rgb = space.from_space(color);
    for (double& v : rgb) v = sample_of(space, v);
    return rgb;
}

// White's share of the backgrounds that translucent pixels are thought to lie on; the rest are black.
constexpr double kWhiteShare = 2.0 / 3.0;

// --- one chunk of colours ---------------------------------------------------------------------------------------

constexpr std::size_t kChunk = 512;

// What all colours of a call have in common.
struct Target {
    const ColorSpace& space;
    bool straight;
    std::array<float, 3> background;
    std::array<float, kDims> origin, unit;

    Target(const ColorSpace& to, bool is_straight, const Grid& grid) : space(to), straight(is_straight) {
        const Color mean = mean_background(space);
        for (std::size_t c = 0; c < 3; ++c) background[c] = static_cast<float>(mean[c]);
        for (std::size_t d = 0; d < kDims; ++d) origin[d] = static_cast<float>(grid.origin[d]);
        unit.fill(static_cast<float>(space.scale * grid.zoom));
        unit[3] = static_cast<float>(alpha_scale(space, straight) * grid.zoom);
    }
};

template <typename Sample>
void points_of_chunk(const Sample* colors, std::size_t n, std::size_t n_channels, const Target& target,
                     std::uint32_t* xy, std::uint32_t* zw) {
    constexpr float full = static_cast<float>(static_cast<Sample>(~Sample{0}));
    const bool has_color = n_channels >= 3, has_alpha = n_channels % 2 == 0;
    float channel[3][kChunk], alpha[kChunk];
    const float* const linear = target.space.is_of_light ? linear_table<Sample>().data() : nullptr;
    for (std::size_t c = 0; c < 3; ++c) {
        const Sample* samples = colors + (has_color ? c : 0);
        if (linear)
            for (std::size_t i = 0; i < n; ++i) channel[c][i] = linear[samples[i * n_channels]];
        else
            for (std::size_t i = 0; i < n; ++i)
                channel[c][i] = static_cast<float>(samples[i * n_channels]) * (255.0f / full);
    }
    for (std::size_t i = 0; i < n; ++i)
        alpha[i] = has_alpha ? static_cast<float>(colors[i * n_channels + n_channels - 1]) / full : 0.0f;
    target.space.to_space(channel[0], channel[1], channel[2], n);
    if (has_alpha && !target.straight)
        for (std::size_t c = 0; c < 3; ++c) {
            const float background = target.background[c];
            for (std::size_t i = 0; i < n; ++i) channel[c][i] = (channel[c][i] - background) * alpha[i];
        }
    const float* const coordinates[kDims] = {channel[0], channel[1], channel[2], alpha};
    kernels().pack_points(coordinates, target.origin.data(), target.unit.data(), n, xy, zw);
}

template <typename Sample>
void points_of(const Sample* colors, std::size_t n, std::size_t n_channels, const ColorSpace& space, bool straight,
               const Grid& grid, Team& team, std::uint32_t* xy, std::uint32_t* zw) {
    constexpr std::size_t kChunksATask = 32;
    if (space.is_of_light) linear_table<Sample>();  // made before threads want it
    const Target target(space, straight, grid);
    const std::size_t n_chunks = (n + kChunk - 1) / kChunk;
    team.run((n_chunks + kChunksATask - 1) / kChunksATask, [&](std::size_t task, std::size_t) {
        const std::size_t end = std::min(n_chunks, (task + 1) * kChunksATask);
        for (std::size_t chunk = task * kChunksATask; chunk < end; ++chunk) {
            const std::size_t first = chunk * kChunk, size = std::min(kChunk, n - first);
            points_of_chunk(colors + first * n_channels, size, n_channels, target, xy + first, zw + first);
        }
    });
}

}  // namespace

template <typename Sample>
const float* linear_light() {
    return linear_table<Sample>().data();
}
template const float* linear_light<std::uint8_t>();
template const float* linear_light<std::uint16_t>();

template <typename Sample>
void cone_roots(const Sample* colors, std::size_t n, std::size_t n_channels, bool precise, float* roots) {
    constexpr float full = static_cast<float>(static_cast<Sample>(~Sample{0}));
    const float* const linear = linear_table<Sample>().data();
    float planes[4][kChunk] = {}, last_roots[4 * kChunk];
    const float* const all_planes[4] = {planes[0], planes[1], planes[2], planes[3]};
    std::fill_n(planes[3], kChunk, 1.0f);
    with_channels(n_channels, [&](auto c) {
        constexpr std::size_t C = c();
        for (std::size_t start = 0; start < n; start += kChunk) {
            const std::size_t size = std::min(kChunk, n - start);
            for (std::size_t i = 0; i < size; ++i) {
                const Sample* const own = colors + (start + i) * C;
                for (std::size_t plane = 0; plane < 3; ++plane) planes[plane][i] = linear[own[C < 3 ? 0 : plane]];
                if constexpr (C % 2 == 0) planes[3][i] = static_cast<float>(own[C - 1]) / full;
            }
            float* const to = roots + 4 * start;
            kernels().cone_roots(all_planes, (size + 15) / 16 * 16, precise, size < kChunk ? last_roots : to);
            if (size < kChunk) std::copy_n(last_roots, 4 * size, to);
        }
    });
}
template void cone_roots(const std::uint8_t*, std::size_t, std::size_t, bool, float*);
template void cone_roots(const std::uint16_t*, std::size_t, std::size_t, bool, float*);

std::span<const ColorSpace> color_spaces() { return kColorSpaces; }

const ColorSpace& color_space(std::string_view name) {
    std::string names;
    for (const ColorSpace& space : kColorSpaces) {
        if (space.name == name) return space;
        names += (names.empty() ? "'" : ", '") + std::string(space.name) + "'";
    }
    throw std::invalid_argument("color_space must be one of " + names + ", got '" + std::string(name) + "'");
}

std::array<double, 3> mean_background(const ColorSpace& space) {
    const double x = kWhiteShare * space.white;
    if (space.has_lightness) return {x, 0, 0};
    return {x, x, x};
}

double alpha_scale(const ColorSpace& space, bool straight) {
    if (straight) return space.scale * space.white;
    double square = 0;
    for (const double x : mean_background(space)) square += x * x;
    return space.scale * std::sqrt(square * (1 / kWhiteShare - 1));
}

void check_grid(const Grid& grid) {
    const auto is_near = [](double x) { return std::abs(x) <= 1024; };  // NaN is not
    if (!std::all_of(grid.origin.begin(), grid.origin.end(), is_near) || !(grid.zoom >= 0.25 && grid.zoom <= 65536))
        throw std::invalid_argument("origin must be within +-1024, and zoom from 0.25 to 65536");
}

void working_points(const std::uint8_t* colors, std::size_t n, std::size_t n_channels, const ColorSpace& space,
                    bool straight, const Grid& grid, Team& team, std::uint32_t* xy, std::uint32_t* zw) {
    points_of(colors, n, n_channels, space, straight, grid, team, xy, zw);
}

void working_points(const std::uint16_t* colors, std::size_t n, std::size_t n_channels, const ColorSpace& space,
                    bool straight, const Grid& grid, Team& team, std::uint32_t* xy, std::uint32_t* zw) {
    points_of(colors, n, n_channels, space, straight, grid, team, xy, zw);
}

void lightness_of_greys(const double* greys, std::size_t n, const ColorSpace& space, double* lightness) {
    for (std::size_t i = 0; i < n; ++i)
        lightness[i] = space.of_grey(space.is_of_light ? decode_srgb(greys[i]) : greys[i] * 255);
}

void greys_of_lightness(const double* lightness, std::size_t n, const ColorSpace& space, double* greys) {
    for (std::size_t i = 0; i < n; ++i) greys[i] = sample_of(space, space.to_grey(lightness[i]));
}

void center_colors(const double* centers, std::size_t n, std::size_t n_channels, const ColorSpace& space,
                   const Grid& grid, double* colors) {
    const bool has_color = n_channels >= 3, has_alpha = n_channels % 2 == 0;
    const Color mean = mean_background(space);
    const double unit = space.scale * grid.zoom, alpha_unit = alpha_scale(space, false) * grid.zoom;
    for (std::size_t i = 0; i < n; ++i) {
        const double* center = centers + i * kDims;
        double value[kDims];
        for (std::size_t d = 0; d < kDims; ++d) value[d] = center[d] / (d < 3 ? unit : alpha_unit) + grid.origin[d];
        const double alpha = has_alpha ? std::clamp(value[3], 0.0, 1.0) : 1.0;
        const double cover = alpha > 0 ? 1 / alpha : 0.0;
        const auto background = has_alpha && alpha > 0 ? mean : Color{};
        const auto rgb = to_srgb(space, {value[0] * cover + background[0], value[1] * cover + background[1],
                                         value[2] * cover + background[2]});
        double* color = colors + i * n_channels;
        if (has_color)
            std::copy(rgb.begin(), rgb.end(), color);
        else
            color[0] = (rgb[0] + rgb[1] + rgb[2]) / 3;
        if (has_alpha) color[n_channels - 1] = alpha;
    }
}

}  // namespace pil_kmeans
