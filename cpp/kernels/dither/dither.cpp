#include "kernels/dither/dither.hpp"

#include <algorithm>
#include <atomic>
#include <vector>

#include "kernels/dither/diffusion.hpp"
#include "kernels/dither/dither_mask.hpp"

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

template <typename Sample, typename Index>
void dither_by_diffusion(const Sample* samples, std::size_t height, std::size_t width, std::size_t n_channels,
                         const DitherPalette& entries, const DitherOptions& options, Team& team, float* handed_down,
                         Index* indices) {
    LightPalette palette(entries, options, n_channels % 2 == 0, team.size());
    const std::size_t n_groups = (height + kRows - 1) / kRows, n_workers = team.size(),
                      ahead = reach_of(is_wide(options.shares)).ahead;
    Progress progress(n_groups, n_workers > 1);
    // Group g writes errors g + 1 and reads errors g. One more than workers, so that nobody reads any longer what is
    // overwritten: groups are taken, and end, in order.
    std::vector<ErrorRows> errors(n_workers + 1, ErrorRows(width));
    if (handed_down) errors[0].take(handed_down);
    struct Worker {
        LightRows<Sample> rows;
        std::vector<std::uint32_t> indices;
    };
    std::vector<Worker> workers(n_workers);
    team.run(n_groups, [&](std::size_t group, std::size_t worker) {
        const std::size_t first = group * kRows, n_rows = std::min(kRows, height - first);
        try {
            auto& [rows, found] = workers[worker];
            rows.read(samples + first * width * n_channels, n_rows, width, n_channels, palette, worker);
            found.resize(n_rows * width);
            Walk walk(palette, options, rows, 0, n_rows, width, errors[group % errors.size()],
                      errors[(group + 1) % errors.size()], found.data(), worker);
            const std::size_t lag = walk.lag(), n_steps = walk.n_steps();
            for (std::size_t step = 0; step < n_steps; step += kBlockWidth) {
                const std::size_t end = std::min(n_steps, step + kBlockWidth);
                if (group) progress.wait(group - 1, std::min(width, end + ahead));
                walk.run(step, end);
                if (end > lag) progress.reach(group, end - lag);
            }
            for (std::size_t i = 0; i < found.size(); ++i) indices[first * width + i] = static_cast<Index>(found[i]);
        } catch (...) {  // out of memory: nobody may wait for this group
            progress.reach(group, width);
            throw;
        }
    });
    if (handed_down) {
        ErrorRows& last = errors[n_groups % errors.size()];
        if (height % kRows == 1) last.take_row(0, errors[(n_groups - 1) % errors.size()], 1);  // of the group before
        last.give(handed_down);
    }
}

template <bool has_alpha, typename Sample, typename Index>
void dither_by_mask(const Sample* samples, std::size_t height, std::size_t width, std::size_t n_channels,
                    const DitherPalette& palette, const DitherOptions& options, Team& team, float*, Index* indices) {
    Chooser chooser = point_chooser(palette, options, has_alpha, team.size());
    Mixes mixes(palette, options, chooser, has_alpha, height * width, kAlike<Sample>, team.size());
    std::vector<PointRows<Sample>> rows(team.size());
    team.run((height + kRows - 1) / kRows, [&](std::size_t group, std::size_t worker) {
        const std::size_t top = group * kRows, n_rows = std::min(kRows, height - top), first = top * width;
        rows[worker].read(samples + first * n_channels, n_rows * width, n_channels, options, chooser);
        follow_mask<has_alpha>(options.mask, rows[worker], top, n_rows, width, mixes, indices + first, worker);
    });
}

}  // namespace

template <typename Sample, typename Index>
void dither(const Sample* samples, std::size_t height, std::size_t width, std::size_t n_channels,
            const DitherPalette& palette, const DitherOptions& options, Team& team, float* handed_down,
            Index* indices) {
    const auto dither_rows = [&]<bool has_alpha>() {
        (options.mask.thresholds ? dither_by_mask<has_alpha, Sample, Index>
                                 : dither_by_diffusion<Sample, Index>)(samples, height, width, n_channels, palette,
                                                                       options, team, handed_down, indices);
    };
    if (n_channels % 2)
        dither_rows.template operator()<false>();
    else
        dither_rows.template operator()<true>();
}

#define PIL_KMEANS_DITHER(Sample, Index)                                                             \
    template void dither(const Sample*, std::size_t, std::size_t, std::size_t, const DitherPalette&, \
                         const DitherOptions&, Team&, float*, Index*);
PIL_KMEANS_DITHER(std::uint8_t, std::uint8_t)
PIL_KMEANS_DITHER(std::uint8_t, std::uint16_t)
PIL_KMEANS_DITHER(std::uint16_t, std::uint8_t)
PIL_KMEANS_DITHER(std::uint16_t, std::uint16_t)

}  // namespace pil_kmeans
