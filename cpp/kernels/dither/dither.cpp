#include "kernels/dither/dither.hpp"

#include <algorithm>
#include <atomic>
#include <vector>

#include "kernels/dither/dither_rays.hpp"
#include "kernels/dither/dither_rows.hpp"

namespace pil_kmeans {
namespace {

constexpr std::size_t kBlockWidth = 128;  // pixels between two looks at another thread's progress

// How far each group of rows has come, for the group below it.
class Progress {
  public:
    Progress(std::size_t n_groups, bool is_shared) : done_(n_groups), is_shared_(is_shared) {}

    void reach(std::size_t group, std::size_t n_pixels) {
        if (!is_shared_) return;
        done_[group].store(n_pixels, std::memory_order_release);
        done_[group].notify_one();
    }

    void wait(std::size_t group, std::size_t n_pixels) const {
        if (!is_shared_) return;
        for (std::size_t done; (done = done_[group].load(std::memory_order_acquire)) < n_pixels;)
            done_[group].wait(done, std::memory_order_acquire);
    }

  private:
    std::vector<std::atomic<std::size_t>> done_;
    bool is_shared_;
};

template <bool has_alpha, typename Sample, typename Index>
void diffuse(const Sample* samples, std::size_t height, std::size_t width, std::size_t n_channels, Chooser& chooser,
             const DitherOptions& options, Team& team, std::int32_t* handed_down, Index* indices) {
    const std::size_t n_groups = (height + kRows - 1) / kRows, n_workers = team.size();
    Progress progress(n_groups, n_workers > 1);
    // Group g writes row g + 1 and reads row g. One more row than workers, so that nobody reads any longer what is
    // overwritten: groups are taken, and end, in order.
    std::vector<ErrorRow> errors(n_workers + 1, ErrorRow(4 * (width + 2)));
    if (handed_down) errors[0].assign(handed_down, handed_down + errors[0].size());
    std::vector<Rows<Sample>> rows(n_workers);
    team.run(n_groups, [&](std::size_t group, std::size_t worker) {
        const std::size_t first = group * kRows, n_rows = std::min(kRows, height - first);
        try {
            Rows<Sample>& own = rows[worker];
            own.read(samples + first * width * n_channels, n_rows, width, n_channels, options, chooser, worker);
            Walk<has_alpha, Index> walk(chooser, options.strength, own.points.data(), own.opacity.data(),
                                        own.held.data(), n_rows, width, errors[group % errors.size()],
                                        errors[(group + 1) % errors.size()], indices + first * width, worker);
            const std::size_t lag = kLag * (n_rows - 1), n_steps = walk.n_steps();
            for (std::size_t step = 0; step < n_steps; step += kBlockWidth) {
                const std::size_t end = std::min(n_steps, step + kBlockWidth);
                if (group) progress.wait(group - 1, std::min(width, end + 1));
                walk.run(step, end);
                if (end > lag) progress.reach(group, end - lag);
            }
        } catch (...) {  // out of memory: nobody may wait for this group
            progress.reach(group, width);
            throw;
        }
    });
    if (handed_down) std::copy_n(errors[n_groups % errors.size()].data(), errors[0].size(), handed_down);
}

template <bool has_alpha, typename Sample, typename Index>
void dither_by_mask(const Sample* samples, std::size_t height, std::size_t width, std::size_t n_channels,
                    Chooser& chooser, const DitherOptions& options, Team& team, std::int32_t*, Index* indices) {
    const Rays rays(options);
    std::vector<Rows<Sample>> rows(team.size());
    team.run((height + kRows - 1) / kRows, [&](std::size_t group, std::size_t worker) {
        const std::size_t top = group * kRows, n_rows = std::min(kRows, height - top), first = top * width;
        rows[worker].read(samples + first * n_channels, n_rows, width, n_channels, options, chooser, worker);
        follow_rays<has_alpha>(rays, rows[worker], top, n_rows, width, chooser, indices + first, worker);
    });
}

}  // namespace

template <typename Sample, typename Index>
void dither(const Sample* samples, std::size_t height, std::size_t width, std::size_t n_channels,
            const DitherPalette& palette, const DitherOptions& options, Team& team, std::int32_t* handed_down,
            Index* indices) {
    const bool has_alpha = n_channels % 2 == 0;
    Chooser chooser(palette, options, has_alpha, team.size());
    const auto dither_rows = [&]<bool alpha>() {
        (options.mask.thresholds
             ? dither_by_mask<alpha, Sample, Index>
             : diffuse<alpha, Sample, Index>)(samples, height, width, n_channels, chooser, options, team, handed_down,
                                              indices);
    };
    if (has_alpha)
        dither_rows.template operator()<true>();
    else
        dither_rows.template operator()<false>();
}

#define PIL_KMEANS_DITHER(Sample, Index)                                                             \
    template void dither(const Sample*, std::size_t, std::size_t, std::size_t, const DitherPalette&, \
                         const DitherOptions&, Team&, std::int32_t*, Index*);
PIL_KMEANS_DITHER(std::uint8_t, std::uint8_t)
PIL_KMEANS_DITHER(std::uint8_t, std::uint16_t)
PIL_KMEANS_DITHER(std::uint16_t, std::uint8_t)
PIL_KMEANS_DITHER(std::uint16_t, std::uint16_t)

}  // namespace pil_kmeans
