// Rows of pixels on their way to indices: what may be chosen, and which pixels have no choice. Shared by all ways to
// dither, of whole pictures and of the refit's bands.
#pragma once

#include <cstddef>
#include <cstdint>
#include <numeric>
#include <optional>
#include <utility>
#include <vector>

#include "kernels/base/quad.hpp"
#include "kernels/dither/dither.hpp"
#include "kernels/dither/entry_cells.hpp"
#include "kernels/dither/walk.hpp"

namespace pil_kmeans {

inline constexpr PackedPoint kAlpha = PackedPoint{0xffff} << 48;

inline std::uint16_t weighted(std::uint32_t coordinate, std::int32_t eighths) {
    return static_cast<std::uint16_t>(static_cast<std::int16_t>(coordinate) * eighths >> 3);
}

// Alpha is seen as lightness: it has the same weight.
inline PackedPoint pack(std::uint32_t xy, std::uint32_t zw, std::int32_t lightness_weight) {
    return PackedPoint{weighted(zw >> 16, lightness_weight)} << 48 | PackedPoint{zw & 0xffff} << 32 |
           (xy & 0xffff0000u) | weighted(xy & 0xffff, lightness_weight);
}

// The entries that may be chosen.
class Chooser {
  public:
    // `entries`: their weighted points.
    Chooser(std::vector<PackedPoint> entries, const Opacity* opacity, const DitherOptions& options, bool has_alpha,
            std::size_t n_workers)
        : entries_(std::move(entries)) {
        std::vector<std::uint32_t> visible, opaque;
        for (std::size_t i = 0; i < entries_.size(); ++i) {
            const auto name = static_cast<std::uint32_t>(i);
            if (opacity[i] != Opacity::transparent) visible.push_back(name);
            if (opacity[i] == Opacity::opaque) opaque.push_back(name);
            if (opacity[i] == Opacity::transparent && transparent_ == kNone) transparent_ = i;
        }
        if (has_alpha && !opaque.empty() && opaque.size() < visible.size())
            opaque_.emplace(entries_.data(), std::move(opaque), options.margin, n_workers);
        if (visible.empty()) {
            visible.resize(entries_.size());
            std::iota(visible.begin(), visible.end(), 0u);
        }
        visible_.emplace(entries_.data(), std::move(visible), options.margin, n_workers);
    }

    PackedPoint entry(std::size_t index) const { return entries_[index]; }
    std::size_t transparent() const { return transparent_; }  // kNone if there is none
    // What is not transparent, or everything if there is nothing else: the transparent entry is for transparent pixels.
    EntryCells& visible() { return *visible_; }
    EntryCells& for_opaque() { return opaque_ ? *opaque_ : *visible_; }

  private:
    std::vector<PackedPoint> entries_;
    std::size_t transparent_ = kNone;
    std::optional<EntryCells> visible_, opaque_;
};

// Pixels that have no choice, in rows.
struct HeldRows {
    std::vector<Opacity> opacity;     // empty where pixels have no alpha
    std::vector<std::uint32_t> held;  // the entry of pixels that are not dithered, kDithered for the others

    // Fully transparent pixels are held by the transparent entry, if there is one.
    template <typename Sample>
    void read(const Sample* samples, std::size_t n, std::size_t n_channels, const Chooser& chooser) {
        constexpr auto full = static_cast<Sample>(~Sample{0});
        held.assign(n, kDithered);
        if (n_channels % 2) return;
        opacity.resize(n);
        for (std::size_t i = 0; i < n; ++i) {
            const Sample alpha = samples[i * n_channels + n_channels - 1];
            opacity[i] = alpha == 0 ? Opacity::transparent : alpha == full ? Opacity::opaque : Opacity::translucent;
        }
        if (chooser.transparent() == kNone) return;
        for (std::size_t i = 0; i < n; ++i)
            if (opacity[i] == Opacity::transparent) held[i] = static_cast<std::uint32_t>(chooser.transparent());
    }

    EntryCells& cells_of(std::size_t pixel, Chooser& chooser) const {
        return opacity.empty() || opacity[pixel] == Opacity::opaque ? chooser.for_opaque() : chooser.visible();
    }
};

}  // namespace pil_kmeans
