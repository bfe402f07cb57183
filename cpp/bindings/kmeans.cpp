#include "kernels/kmeans/kmeans.hpp"

#include <algorithm>
#include <cmath>
#include <stdexcept>

#include "bindings/arrays.hpp"
#include "kernels/base/labels.hpp"
#include "kernels/kmeans/grey.hpp"
#include "kernels/kmeans/worst_block.hpp"

namespace pil_kmeans::bindings {
namespace {

constexpr std::uint64_t kMaxWeights = std::uint64_t{1} << 48;  // so that weighted sums of coordinates are int64

std::vector<Coordinates> as_centers(const PointArray& array) {
    const Points points = as_points(array);
    std::vector<Coordinates> centers(points.n);
    for (std::size_t c = 0; c < points.n; ++c) centers[c] = unpack(points.xy[c], points.zw[c]);
    return centers;
}

void check_weights(const Vector<std::int64_t>& weights) {
    constexpr std::size_t kTogether = std::size_t{1} << 14;  // of at most 2^48 each: their sum is below 2^63
    std::uint64_t sum = 0;
    for (std::size_t first = 0; first < weights.shape(0); first += kTogether) {
        const std::size_t end = std::min(weights.shape(0), first + kTogether);
        std::uint64_t part = 0, less_one = 0;  // bits of all weights less one: of positive ones few
        for (std::size_t i = first; i < end; ++i) {
            const auto weight = static_cast<std::uint64_t>(weights.data()[i]);
            part += weight;
            less_one |= weight - 1;
        }
        if (less_one >= kMaxWeights || (sum += part) > kMaxWeights)
            throw nb::value_error("weights must be positive, and at most 2^48 together");
    }
}

auto fit(const Vector<std::uint64_t>& keys, const PointArray& points, const Vector<std::int64_t>& weights,
         const PointArray& fixed, std::size_t n_colors,
         const std::vector<std::tuple<std::size_t, std::size_t, int, int>>& stages, std::size_t most_searched,
         int trials, int neighbors, int relax_steps, int settle_steps, double tolerance, std::uint64_t seed,
         int n_threads) {
    const std::size_t n = points.shape(1);
    same_length(n, keys.shape(0), "keys and points");
    same_length(n, weights.shape(0), "weights and points");
    if (n_colors < 1 || n_colors > kMaxColors || n_colors > n)
        throw std::invalid_argument("n_colors must be 1 to " + std::to_string(kMaxColors) +
                                    " and at most the number of points");
    if (fixed.shape(1) > kMaxColors - n_colors)
        throw std::invalid_argument("fixed and n_colors must be at most " + std::to_string(kMaxColors) + " together");
    check_weights(weights);
    const Points checked = checked_points(points, "points");
    checked_points(fixed, "fixed");
    if (keys.shape(0) && !std::is_sorted(keys.data(), keys.data() + n)) throw nb::value_error("keys must ascend");
    constexpr int most = 1 << 20;
    for (const int count : {trials, neighbors, relax_steps, settle_steps})
        if (count > most) throw nb::value_error("an effort has at most 2^20 trials, neighbors and steps");
    if (relax_steps < 0 || settle_steps < 0) throw nb::value_error("steps must not be negative");
    if (!(tolerance >= 0 && tolerance <= 1)) throw nb::value_error("tolerance must be from 0 to 1");
    if (stages.empty()) throw nb::value_error("there must be a stage");
    if (trials < 0 || neighbors < 1) throw nb::value_error("trials must not be negative, neighbors must be positive");
    Effort effort{{}, most_searched, trials, neighbors, relax_steps, settle_steps, tolerance};
    for (const auto& [cells, fewest, steps, rounds] : stages)
        effort.stages.push_back({cells, fewest, std::max(steps, 1), rounds});
    KMeansResult result;
    Buffer<double> centers, sizes;
    {
        const nb::gil_scoped_release unlocked;
        Team team(n_threads);
        result = fit_centers(keys.data(), checked, weights.data(), as_centers(fixed), n_colors, effort, seed, team);
        centers = Buffer<double>(result.centers.size());
        sizes = Buffer<double>(result.weights.size());
        std::copy(result.centers.begin(), result.centers.end(), centers.begin());
        std::copy(result.weights.begin(), result.weights.end(), sizes.begin());
    }
    const std::size_t k = sizes.size;
    return std::tuple{to_numpy(std::move(centers), {k, kDims}), to_numpy(std::move(sizes)), result.inertia,
                      result.n_iter};
}

auto labels_of(const PointArray& points, const PointArray& centers, int n_threads) {
    const std::size_t n = points.shape(1), k = centers.shape(1);
    if (k < 1 || k > kMaxColors)
        throw std::invalid_argument("there must be 1 to " + std::to_string(kMaxColors) + " centers");
    Buffer<std::uint16_t> labels(n);
    {
        const nb::gil_scoped_release unlocked;
        checked_points(points, "points");
        checked_points(centers, "centers");
        Team team(n_threads);
        nearest_labels(as_points(points), as_centers(centers), team, labels.begin());
    }
    return to_numpy(std::move(labels));
}

auto mended(const PointArray& points, const Vector<std::uint16_t>& labels, const Vector<double>& pixel_weights,
            std::size_t width, std::size_t side, const CenterArray& centers, const Vector<double>& weights) {
    const std::size_t n = points.shape(1), k = centers.shape(0);
    same_length(n, labels.shape(0), "labels and points");
    same_length(n, pixel_weights.shape(0), "pixel_weights and points");
    same_length(k, weights.shape(0), "weights and centers");
    if (k < 1 || k > kMaxColors)
        throw std::invalid_argument("there must be 1 to " + std::to_string(kMaxColors) + " centers");
    if (width == 0 || n == 0 || n % width) throw nb::value_error("width does not divide the number of pixels");
    if (side == 0 || side > 256) throw nb::value_error("side must be 1 to 256");
    if (!all_below(labels.data(), n, k)) throw nb::value_error("labels must be those of centers");
    for (const auto* each : {&pixel_weights, &weights})
        if (!std::all_of(each->data(), each->data() + each->shape(0),
                         [](double w) { return w >= 0 && w <= kMaxWeights; }))
            throw nb::value_error("weights must be 0 to 2^48");
    if (!std::all_of(centers.data(), centers.data() + kDims * k,
                     [](double x) { return std::abs(x) <= kMaxCoordinate; }))
        throw nb::value_error("centers must lie within +-8192");
    const Points checked = checked_points(points, "points");
    Buffer<double> moved_centers(kDims * k), moved_weights(k);
    {
        const nb::gil_scoped_release unlocked;
        std::vector<double> moved(centers.data(), centers.data() + kDims * k);
        std::vector<double> sizes(weights.data(), weights.data() + k);
        mend_worst_block({checked, labels.data(), pixel_weights.data(), width}, side, moved, sizes);
        std::copy(moved.begin(), moved.end(), moved_centers.begin());
        std::copy(sizes.begin(), sizes.end(), moved_weights.begin());
    }
    return std::pair{to_numpy(std::move(moved_centers), {k, kDims}), to_numpy(std::move(moved_weights))};
}

void check_count(std::size_t n) {
    if (n > kMaxColors) throw std::invalid_argument("n must be at most " + std::to_string(kMaxColors));
}

template <typename Label>
void check_labels(const Vector<Label>& labels, std::size_t n) {
    if (!all_below(labels.data(), labels.shape(0), n)) throw std::invalid_argument("labels must be less than n");
}

template <typename Label>
auto used_labels(const Vector<Label>& labels, std::size_t n) {
    check_count(n);
    Buffer<bool> used(n);
    {
        const nb::gil_scoped_release unlocked;
        check_labels(labels, n);
        mark_used(labels.data(), labels.shape(0), n, used.begin());
    }
    return to_numpy(std::move(used));
}

auto totals_of(const Vector<std::uint16_t>& labels, const Vector<std::int64_t>& weights, std::size_t n) {
    check_count(n);
    same_length(labels.shape(0), weights.shape(0), "labels and weights");
    Buffer<std::int64_t> totals(n);
    {
        const nb::gil_scoped_release unlocked;
        check_labels(labels, n);
        label_totals(labels.data(), weights.data(), labels.shape(0), n, totals.begin());
    }
    return to_numpy(std::move(totals));
}

auto intervals(const Vector<double>& values, const Vector<double>& weights, const Vector<bool>& fixed,
               std::size_t n_colors) {
    const std::size_t n = values.shape(0);
    same_length(n, weights.shape(0), "values and weights");
    same_length(n, fixed.shape(0), "values and fixed");
    const auto n_fixed = static_cast<std::size_t>(std::count(fixed.data(), fixed.data() + n, true));
    if (n_colors < std::max<std::size_t>(n_fixed, 1) || n_colors > n)
        throw nb::value_error("n_colors must be 1, or the number of fixed values, to the number of values");
    for (std::size_t i = 0; i < n; ++i) {
        const double value = values.data()[i], weight = weights.data()[i];
        if (!std::isfinite(value) || (i && !(value > values.data()[i - 1])))
            throw nb::value_error("values must be finite, and ascend");
        if (!(weight >= 0 && std::isfinite(weight))) throw nb::value_error("weights must be finite, and not negative");
    }
    Buffer<std::int64_t> starts(n_colors);
    {
        const nb::gil_scoped_release unlocked;
        const std::vector<std::size_t> found =
            optimal_intervals(values.data(), weights.data(), fixed.data(), n, n_colors);
        std::copy(found.begin(), found.end(), starts.begin());
    }
    return to_numpy(std::move(starts));
}

}  // namespace

void register_kmeans(nb::module_& module) {
    using namespace nb::literals;
    module.def("fit_centers", &fit, "keys"_a.noconvert(), "points"_a.noconvert(), "weights"_a.noconvert(),
               "fixed"_a.noconvert(), "n_colors"_a, nb::kw_only(), "stages"_a, "most_searched"_a, "trials"_a,
               "neighbors"_a, "relax_steps"_a, "settle_steps"_a, "tolerance"_a, "seed"_a, "n_threads"_a);
    module.def("nearest_labels", &labels_of, "points"_a.noconvert(), "centers"_a.noconvert(), "n_threads"_a);
    module.def("mend_worst_block", &mended, "points"_a.noconvert(), "labels"_a.noconvert(),
               "pixel_weights"_a.noconvert(), "width"_a, "side"_a, "centers"_a.noconvert(), "weights"_a.noconvert());
    module.def("used_labels", &used_labels<std::uint8_t>, "labels"_a.noconvert(), "n"_a);
    module.def("used_labels", &used_labels<std::uint16_t>, "labels"_a.noconvert(), "n"_a);
    module.def("label_totals", &totals_of, "labels"_a.noconvert(), "weights"_a.noconvert(), "n"_a);
    module.def("optimal_intervals", &intervals, "values"_a.noconvert(), "weights"_a.noconvert(), "fixed"_a.noconvert(),
               "n_colors"_a);
}

}  // namespace pil_kmeans::bindings
