// Oklab of the cube roots of light in the eye's cones, l, m and s (Ottosson 2020,
// https://bottosson.github.io/posts/oklab/).
#pragma once

namespace pil_kmeans {

inline constexpr float kOklabOfCones[3][3] = {{0.2104542553f, 0.7936177850f, -0.0040720468f},
                                              {1.9779984951f, -2.4285922050f, 0.4505937099f},
                                              {0.0259040371f, 0.7827717662f, -0.8086757660f}};

}  // namespace pil_kmeans
