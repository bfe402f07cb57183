// The hull of a palette: the light that mixes of its entries can have.
//
// No mix makes up for what lies beyond. Errors of such pixels pile up until an entry is chosen that has little to do
// with them: light blue turns yellow and green where blue is dark. So these pixels want the nearest light that mixes
// have: least in |M (w - x) / J(x)|, J the slope of light at the pixel x and M to Oklab, which is what the eye sees,
// and in a little of the noise that mixes have (see `mixes.hpp`).
#pragma once

#include <algorithm>
#include <array>
#include <cstddef>
#include <cstdint>
#include <vector>

#include "kernels/base/float_quad.hpp"
#include "kernels/dither/best_shares.hpp"
#include "kernels/dither/dither.hpp"
#include "kernels/dither/light.hpp"

namespace pil_kmeans {

class Hull {
  public:
    // Of the opaque entries. It is everything unless `options.into_hull`, and with more than kMostCandidates of them.
    Hull(const DitherPalette& palette, const DitherOptions& options, std::size_t n_workers)
        : lightness_weight_(static_cast<float>(options.lightness_weight) / 8.0f) {
        if (!options.into_hull) return;
        std::size_t n = 0;
        for (std::size_t i = 0; i < palette.entries.n; ++i) {
            if (palette.opacity[i] != Opacity::opaque) continue;
            if (n == kMostCandidates) return;
            for (std::size_t c = 0; c < kCones; ++c) {
                const float root = roots_[c][n] = palette.roots[4 * i + c];
                light_[c][n] = root * root * root;
            }
            ++n;
        }
        n_ = n;
        if (n_) workers_.assign(n_workers, std::vector<Moved>(kMoved));
    }

    bool is_everything() const { return n_ == 0; }

    // Move the roots of an opaque colour's light, (4,), the last of which stays, into the hull. What is moved depends
    // on the colour only.
    void move(float* roots, std::size_t worker) {
        const std::array<float, kCones> from{roots[0], roots[1], roots[2]};
        Moved& moved = workers_[worker][place_of(roots)];
        if (!moved.is_known || moved.from != from) moved = {from, nearest(from), true};
        std::copy(moved.to.begin(), moved.to.end(), roots);
    }

  private:
    static constexpr std::size_t kCones = 3, kMoved = 1 << 12;
    static constexpr float kNear = 1e-6f;    // square of a way that is not worth a step
    static constexpr float kNoise = 0.009f;  // of a squared distance: of mixes as near, that of nearer entries

    using Roots = std::array<float, kCones>;
    struct Moved {
        Roots from, to;
        bool is_known;
    };

    static std::size_t place_of(const float* roots) {
        std::uint32_t hash = 0;
        for (std::size_t c = 0; c < kCones; ++c)
            hash = (hash ^ static_cast<std::uint32_t>(roots[c] * 65535.0f)) * 0x9e3779b1u;
        return hash >> 20;
    }

    using Lanes = BestShares<kCones>::Lanes;

    Roots nearest(const Roots& roots) const {
        std::array<Lanes, kCones> steps, ways;
        Lanes noise{};
        for (std::size_t c = 0; c < kCones; ++c)
            for (std::size_t i = 0; i < kMostCandidates; ++i) ways[c][i] = roots_[c][i] - roots[c];
        steps_in_oklab(ways.data(), lightness_weight_, steps.data());
        for (std::size_t a = 0; a < kCones; ++a)
            for (std::size_t i = 0; i < kMostCandidates; ++i) noise[i] += kNoise * (steps[a][i] * steps[a][i]);
        for (std::size_t c = 0; c < kCones; ++c) {
            const float own = roots[c] * roots[c] * roots[c], per = 1.0f / (3.0f * (roots[c] * roots[c] + kLeastSlope));
            for (std::size_t i = 0; i < kMostCandidates; ++i) ways[c][i] = (light_[c][i] - own) * per;
        }
        steps_in_oklab(ways.data(), lightness_weight_, steps.data());
        if (is_near(steps, BestShares<kCones>(steps, Lanes{}, n_))) return roots;
        const BestShares<kCones> shares(steps, noise, n_);
        float light[4] = {};
        for (std::size_t i = 0; i < shares.size(); ++i)
            for (std::size_t c = 0; c < kCones; ++c) light[c] += shares.share(i) * light_[c][shares.entry(i)];
        store_floats(light, cube_roots(max_floats(load_floats(light), FloatQuad::all(0.0f)), true));
        return {light[0], light[1], light[2]};
    }

    static bool is_near(const std::array<Lanes, kCones>& steps, const BestShares<kCones>& shares) {
        float square = 0;
        for (std::size_t a = 0; a < kCones; ++a) {
            float way = 0;
            for (std::size_t i = 0; i < shares.size(); ++i) way += shares.share(i) * steps[a][shares.entry(i)];
            square += way * way;
        }
        return square <= kNear;
    }

    const float lightness_weight_;
    std::size_t n_ = 0;
    std::array<Lanes, kCones> roots_{}, light_{};
    std::vector<std::vector<Moved>> workers_;
};

}  // namespace pil_kmeans
