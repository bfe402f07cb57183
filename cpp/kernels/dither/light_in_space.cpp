// Points of light in colour spaces other than Oklab: a colour at a time, by what the space itself says.
#include <algorithm>
#include <array>
#include <cstddef>

#include "kernels/color/color_space.hpp"
#include "kernels/dither/light.hpp"

namespace pil_kmeans {
namespace {

// Linear sRGB of light in the cones (Ottosson 2020, https://bottosson.github.io/posts/oklab/).
constexpr double kLinearOfCones[3][3] = {{4.0767416621, -3.3077115913, 0.2309699292},
                                         {-1.2684380046, 2.6097574011, -0.3413193965},
                                         {-0.0041960863, -0.7034186147, 1.7076147010}};

}  // namespace

void points_in_space(const LightTerms& terms, bool has_alpha, std::size_t n, std::size_t stride, const float* light,
                     float* points) {
    const ColorSpace& space = *terms.space;
    const std::array<double, 3> background = mean_background(space);
    for (std::size_t i = 0; i < n; ++i) {
        const float cover = has_alpha ? std::max(light[3 * stride + i], kLeastCover) : 1.0f;
        float whole[3], color[3];
        for (std::size_t c = 0; c < 3; ++c) {
            const float own = light[c * stride + i];
            whole[c] = std::max(has_alpha ? own / cover + terms.background : own, 0.0f);
        }
        for (std::size_t c = 0; c < 3; ++c) {
            double x = 0;
            for (std::size_t from = 0; from < 3; ++from)
                x += kLinearOfCones[c][from] * static_cast<double>(whole[from]);
            color[c] = static_cast<float>(space.is_of_light ? x : 255 * encode_srgb(x));
        }
        space.to_space(&color[0], &color[1], &color[2], 1);
        for (std::size_t d = 0; d < 3; ++d) {
            const double from = has_alpha ? background[d] : 0.0;
            const auto at = static_cast<float>((static_cast<double>(color[d]) - from) * static_cast<double>(cover));
            points[d * stride + i] = at * terms.unit[d] - terms.origin[d];
        }
        points[3 * stride + i] = (has_alpha ? cover : 0.0f) * terms.unit[3] - terms.origin[3];
    }
}

}  // namespace pil_kmeans
