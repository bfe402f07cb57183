// Oklab of the cube roots of light in the eye's cones, l, m and s (Ottosson 2020,
// https://bottosson.github.io/posts/oklab/).
#pragma once

namespace pil_kmeans {

inline constexpr float kOklabOfCones[3][3] = {{0.2104542553f, 0.7936177850f, -0.0040720468f},
                                              {1.9779984951f, -2.4285922050f, 0.4505937099f},
                                              {0.0259040371f, 0.7827717662f, -0.8086757660f}};

// And back.
inline constexpr double kConesOfOklab[3][3] = {
    {1, 0.3963377774, 0.2158037573}, {1, -0.1055613458, -0.0638541728}, {1, -0.0894841775, -1.2914855480}};

}  // namespace pil_kmeans
