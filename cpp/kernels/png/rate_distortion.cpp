#include "kernels/png/rate_distortion.hpp"

#include <algorithm>
#include <array>
#include <numeric>
#include <vector>

#include "kernels/color/color_space.hpp"
#include "kernels/isa/isa.hpp"
#include "kernels/png/search_memory.hpp"

namespace pil_kmeans {
namespace {

constexpr std::size_t kPixelsATask = std::size_t{1} << 15;

// As weighed_xy and weighed_zw of pixel_coder.hpp, of the usual colour.
Coordinates weighed(const Points& points, std::size_t i) {
    constexpr std::int32_t kOff[kDims] = {0, 4096 - kUsualColor, 4096 - kUsualColor, 0};
    Coordinates point = unpack(points.xy[i], points.zw[i]);
    for (std::size_t c = 0; c < kDims; ++c) point[c] = static_cast<std::int16_t>(point[c] - (point[c] * kOff[c] >> 12));
    return point;
}

// How much the squares of blurred errors have of products of two pixels so far apart, beside 1 of those of each pixel:
// the correlation of what becomes of an error that is handed on, which fades out.
std::array<float, kErrorSide * kErrorSide> blur_of(std::int32_t feedback) {
    constexpr int kRows = 32, kReach = kErrorReach, kMiddle = kRows + kReach, kColumns = 2 * kMiddle;  // far enough
    constexpr double kFading = 0.9459594689067654;  // exp(-1 / 18), by products, which are the same everywhere
    std::vector<double> handed_on(kMiddle * kColumns);
    const auto at = [&](int y, int x) -> double& {
        return handed_on[static_cast<std::size_t>(y * kColumns + kMiddle + x)];
    };
    at(0, 0) = 1;
    for (int y = 0; y < kRows; ++y)
        for (int x = 1 - kRows; x < kRows; ++x) {
            const double share = at(y, x) * feedback / (256 * 16);
            at(y, x + 1) += 7 * share;
            at(y + 1, x - 1) += 3 * share, at(y + 1, x) += 5 * share, at(y + 1, x + 1) += share;
        }
    const auto correlation = [&](int dy, int dx) {
        double sum = 0;
        for (int y = 0; y < kRows; ++y)
            for (int x = -kRows; x < kRows; ++x) sum += at(y, x) * at(y + dy, x + dx);
        for (int i = 0; i < dy * dy + dx * dx; ++i) sum *= kFading;
        return sum;
    };
    std::array<float, kErrorSide * kErrorSide> blur;
    const double whole = correlation(0, 0);
    for (int dy = 0; dy <= kReach; ++dy)
        for (int dx = -kReach; dx <= kReach; ++dx) {
            const auto place = static_cast<std::size_t>((kReach + dy) * static_cast<int>(kErrorSide) + kReach + dx);
            blur[place] = blur[blur.size() - 1 - place] = static_cast<float>(correlation(dy, dx) / whole);
        }
    return blur;
}

std::vector<float> empty_field(const Region& region) {
    return std::vector<float>(kDims * (region.height + 2 * kErrorReach) * (region.width + 2 * kErrorReach));
}

}  // namespace

OklabUnits oklab_units() {
    const ColorSpace& oklab = color_space("oklab");
    return {static_cast<float>(oklab.scale), static_cast<float>(alpha_scale(oklab, false)),
            static_cast<float>(mean_background(oklab)[0])};
}

SymbolCounts choose_indices(const Region& region, const Points& entries, const Prices& prices, const Feedback& feedback,
                            SearchMemory& memory, std::uint8_t* indices, std::uint32_t* symbols) {
    return kernels().search_indices(region, entries, prices, feedback,
                                    memory.room_for(region.height, region.width, symbols), indices);
}

double choose_behind_paeth(const Region& region, const Points& entries, const float* prices, std::size_t lowest,
                           const Feedback& feedback, std::uint8_t* indices) {
    SearchMemory memory;
    std::vector<PaethWays> ways(region.width);
    return kernels().search_behind_paeth(region, entries, prices, lowest, feedback,
                                         memory.room_for(region.height, region.width, nullptr), ways.data(), indices);
}

void refine_filtered(const Region& region, const Points& entries, const FilteredBits& bits, std::int32_t feedback,
                     std::uint8_t* indices) {
    std::vector<float> field = empty_field(region);
    kernels().refine_filtered(region, entries, bits, blur_of(feedback).data(), field.data(), indices);
}

double blurred_error(const Region& region, const Points& entries, std::int32_t feedback, const std::uint8_t* indices) {
    std::vector<float> field = empty_field(region);
    return kernels().blurred_error(region, entries, blur_of(feedback).data(), field.data(), indices);
}

void visibility(const Points& points, std::size_t height, std::size_t width, float protection, Team& team,
                float* weights) {
    const std::size_t rows = kPixelsATask / width + 1, n_tasks = (height + rows - 1) / rows;
    std::vector<std::vector<std::int32_t>> scratch(team.size());
    team.run(n_tasks, [&](std::size_t task, std::size_t worker) {
        scratch[worker].resize(kVisibilityScratch * (width + 2 * kVisibilityRadius));
        const std::size_t end = std::min(height, (task + 1) * rows);
        for (std::size_t y = task * rows; y < end; ++y)
            kernels().visibility_row(points, height, width, y, protection, scratch[worker].data(), weights + y * width);
    });
}

void keep_exact(const Points& points, std::size_t width, const Points& entries, const std::uint8_t* indices,
                const bool* fixed, Team& team, float* weights) {
    const std::size_t height = points.n / width, rows = kPixelsATask / width + 1;
    team.run((height + rows - 1) / rows, [&](std::size_t task, std::size_t) {
        const std::size_t end = std::min(height, (task + 1) * rows) * width;
        for (std::size_t start = task * rows * width; start < end; start += width) {
            std::size_t run = 0;
            for (std::size_t i = start; i < start + width; ++i) {
                const std::uint8_t entry = indices[i];
                const bool is_exact = points.xy[i] == entries.xy[entry] && points.zw[i] == entries.zw[entry];
                run = !is_exact ? 0 : run && indices[i - 1] == entry ? run + 1 : 1;
                if (run == kFlatRun)
                    std::fill(weights + i + 1 - kFlatRun, weights + i + 1, kKept);
                else if (run > kFlatRun || fixed[entry])
                    weights[i] = kKept;
            }
        }
    });
}

double weighted_error(const Points& points, const float* weights, const Points& entries, const std::uint8_t* indices,
                      Team& team) {
    std::vector<Coordinates> colors(entries.n);
    for (std::size_t j = 0; j < entries.n; ++j) colors[j] = weighed(entries, j);
    const std::size_t n_tasks = (points.n + kPixelsATask - 1) / kPixelsATask;
    std::vector<double> sums(n_tasks);
    team.run(n_tasks, [&](std::size_t task, std::size_t) {
        const std::size_t end = std::min(points.n, (task + 1) * kPixelsATask);
        double sum = 0;
        for (std::size_t i = task * kPixelsATask; i < end; ++i) {
            const Coordinates point = weighed(points, i), &color = colors[indices[i]];
            std::int32_t square = 0;
            for (std::size_t c = 0; c < kDims; ++c) square += (point[c] - color[c]) * (point[c] - color[c]);
            sum += static_cast<double>(weights[i]) * static_cast<double>(square);
        }
        sums[task] = sum;
    });
    return std::accumulate(sums.begin(), sums.end(), 0.0);
}

void count_indices(const std::uint8_t* indices, std::size_t n, std::size_t n_entries, Team& team,
                   std::int64_t* counts) {
    constexpr std::size_t kTables = 4;  // by turns, for runs of an index would wait for each other
    std::vector<std::array<std::int64_t, kTables * 256>> found(team.size());
    team.run((n + kPixelsATask - 1) / kPixelsATask, [&](std::size_t task, std::size_t worker) {
        std::int64_t* const own = found[worker].data();
        const std::size_t end = std::min(n, (task + 1) * kPixelsATask);
        for (std::size_t i = task * kPixelsATask; i < end; ++i) ++own[i % kTables * 256 + indices[i]];
    });
    std::fill_n(counts, n_entries, 0);
    for (const auto& own : found)
        for (std::size_t j = 0; j < kTables * 256; ++j)
            if (j % 256 < n_entries) counts[j % 256] += own[j];
}

}  // namespace pil_kmeans
