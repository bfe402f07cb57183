#include "kernels/kmeans.hpp"

#include <algorithm>
#include <array>
#include <bit>

#include "kernels/candidates.hpp"
#include "kernels/swap_search.hpp"
#include "kernels/wu.hpp"

namespace pil_kmeans {
namespace {

std::size_t hyper_blocks(std::size_t n) { return (n + kHyperBlock - 1) / kHyperBlock; }

// Room for pruning, one set a worker.
class Scratch {
public:
    explicit Scratch(std::size_t k) : lists_{CandidateList(k), CandidateList(k), CandidateList(k)} {
        for (std::size_t level = 0; level < 3; ++level) views_[level] = lists_[level].view();
    }
    Candidates* views() { return views_.data(); }

private:
    std::array<CandidateList, 3> lists_;
    std::array<Candidates, 3> views_;
};

std::vector<Scratch> scratch_for(const Team& team, std::size_t k) {
    std::vector<Scratch> scratch;
    for (std::size_t worker = 0; worker < team.size(); ++worker) scratch.emplace_back(k);
    return scratch;
}

CandidateList as_candidates(const std::vector<Coordinates>& centers) {
    CandidateList list(centers.size());
    for (std::size_t c = 0; c < centers.size(); ++c) list.add(centers[c], static_cast<std::uint32_t>(c));
    list.padded();
    return list;
}

void prepare(WeightedPoints& points, Team& team) {
    const std::size_t n = points.size(), n_tasks = hyper_blocks(n);
    points.boxes = Buffer<Box>((n + kBlock - 1) / kBlock);
    std::vector<double> energies(n_tasks);
    team.run(n_tasks, [&](std::size_t h, std::size_t) {
        const std::size_t first = h * kHyperBlock, last = std::min(n, first + kHyperBlock);
        kernels().block_boxes({&points.xy[first], &points.zw[first], last - first}, &points.boxes[first / kBlock]);
        double energy = 0;
        for (std::size_t i = first; i < last; ++i) {
            const Coordinates x = unpack(points.xy[i], points.zw[i]);
            std::int32_t norm = 0;
            for (const std::int32_t v : x) norm += v * v;
            energy += static_cast<double>(points.weights[i]) * norm;
        }
        energies[h] = energy;
    });
    for (const double energy : energies) points.energy += energy;
}

}  // namespace

Coordinates mean_of(const CenterSum& sum) {
    Coordinates mean;
    for (std::size_t d = 0; d < kDims; ++d) {  // floor(sum / weight + 1 / 2)
        const std::int64_t numerator = 2 * sum.sum[d] + sum.weight, denominator = 2 * sum.weight;
        const std::int64_t quotient = numerator / denominator;
        mean[d] = static_cast<std::int16_t>(quotient - (numerator % denominator < 0));
    }
    return mean;
}

WeightedPoints weighted_points(const Points& points, const std::int64_t* weights, Team& team) {
    WeightedPoints result{Buffer<std::uint32_t>(points.n), Buffer<std::uint32_t>(points.n),
                          Buffer<std::int64_t>(points.n), {}};
    std::copy_n(points.xy, points.n, result.xy.begin());
    std::copy_n(points.zw, points.n, result.zw.begin());
    std::copy_n(weights, points.n, result.weights.begin());
    prepare(result, team);
    return result;
}

int shift_for_cells(const std::uint64_t* keys, std::size_t n, std::size_t max_cells) {
    std::array<std::size_t, 65> first_difference{};  // by the place of the highest differing bit
    for (std::size_t i = 1; i < n; ++i) ++first_difference[static_cast<std::size_t>(std::bit_width(keys[i] ^ keys[i - 1]))];
    std::size_t n_cells = 1;
    int shift = 64;
    while (shift > 0 && n_cells + first_difference[static_cast<std::size_t>(shift)] <= max_cells)
        n_cells += first_difference[static_cast<std::size_t>(shift--)];
    return shift;
}

WeightedPoints cells(const std::uint64_t* keys, const Points& points, const std::int64_t* weights, int shift) {
    const auto cell = [&](std::size_t i) { return shift < 64 ? keys[i] >> shift : 0; };
    std::size_t n_cells = 0;
    for (std::size_t i = 0; i < points.n; ++i) n_cells += i == 0 || cell(i) != cell(i - 1);
    WeightedPoints result{Buffer<std::uint32_t>(n_cells), Buffer<std::uint32_t>(n_cells),
                          Buffer<std::int64_t>(n_cells), {}};
    std::size_t at = 0;
    for (std::size_t i = 0; i < points.n;) {
        const std::uint64_t here = cell(i);
        CenterSum sum;
        for (; i < points.n && cell(i) == here; ++i) {
            const Coordinates x = unpack(points.xy[i], points.zw[i]);
            sum.weight += weights[i];
            for (std::size_t d = 0; d < kDims; ++d) sum.sum[d] += weights[i] * x[d];
        }
        const Coordinates mean = mean_of(sum);
        result.xy[at] = pack_pair(mean[0], mean[1]);
        result.zw[at] = pack_pair(mean[2], mean[3]);
        result.weights[at++] = sum.weight;
    }
    Team alone(1);
    prepare(result, alone);
    return result;
}

Lloyd::Lloyd(const WeightedPoints& points, std::vector<Coordinates> centers, Team& team)
    : points_(points),
      team_(team),
      centers_(std::move(centers)),
      sums_(centers_.size()),
      moved_(centers_.size(), 1),
      labels_(points.size()),
      remembered_((points.size() + kSuperBlock - 1) / kSuperBlock) {}

void Lloyd::place(std::size_t center, const Coordinates& position) {
    if (centers_[center] == position) return;
    centers_[center] = position;
    moved_[center] = 1;
    settled_ = false;
}

double Lloyd::step() {
    const std::size_t k = centers_.size();
    CandidateList list = as_candidates(centers_);
    std::vector<Scratch> scratch = scratch_for(team_, k);
    std::vector<std::vector<CenterSum>> changes(team_.size(), std::vector<CenterSum>(k));
    const Points view = points_.view();
    team_.run(hyper_blocks(view.n), [&](std::size_t h, std::size_t worker) {
        kernels().assign(view, points_.boxes.begin(), h, list.view(), scratch[worker].views(), labels_.begin(),
                         points_.weights.begin(), changes[worker].data(), moved_.data(), remembered_.begin(), first_);
    });
    first_ = false;
    for (const std::vector<CenterSum>& change : changes)
        for (std::size_t c = 0; c < k; ++c) {
            sums_[c].weight += change[c].weight;
            for (std::size_t d = 0; d < kDims; ++d) sums_[c].sum[d] += change[c].sum[d];
        }
    double explained = 0;
    settled_ = true;
    for (std::size_t c = 0; c < k; ++c) {
        moved_[c] = 0;
        if (sums_[c].weight == 0) continue;
        explained += explained_energy(sums_[c]);
        const Coordinates mean = mean_of(sums_[c]);
        if (mean == centers_[c]) continue;
        centers_[c] = mean;
        moved_[c] = 1;
        settled_ = false;
    }
    return inertia_ = std::max(0.0, points_.energy - explained);
}

int Lloyd::run(int max_steps, double tolerance) {
    double before = -1;
    for (int steps = 1; steps <= max_steps; ++steps) {
        const double after = step();
        if (settled_ || (before >= 0 && before - after < tolerance * before)) return steps;
        before = after;
    }
    return max_steps;
}

KMeansResult fit_centers(const std::uint64_t* keys, const Points& points, const std::int64_t* weights, std::size_t k,
                         const Effort& effort, std::uint64_t seed, Team& team) {
    const std::size_t n = points.n;
    const auto at_most = [&](std::size_t cells_a_center, std::size_t least) { return std::max(least, cells_a_center * k); };
    // The coarsest cells carry the seed, finer ones the search, all points the last steps.
    std::vector<Coordinates> centers;
    {
        const int shift = shift_for_cells(keys, n, at_most(effort.seed_cells, 1024));
        const WeightedPoints coarse = cells(keys, points, weights, shift);
        Lloyd seeded(coarse, wu_seed(coarse, k), team);
        seeded.run(effort.seed_steps, effort.tolerance);
        centers = seeded.centers();
    }
    int rounds = effort.rounds;
    const int shift = shift_for_cells(keys, n, at_most(effort.search_cells, 4096));
    if (shift > 0 && rounds > 0) {
        const WeightedPoints middle = cells(keys, points, weights, shift);
        Lloyd searched(middle, std::move(centers), team);
        searched.run(effort.settle_steps, effort.tolerance);
        swap_search(searched, effort, rounds, seed);
        centers = searched.centers();
        rounds = effort.fine_rounds;
    }
    const WeightedPoints all = weighted_points(points, weights, team);
    Lloyd polished(all, std::move(centers), team);
    int n_iter = 0;
    if (rounds > 0) {
        n_iter += polished.run(effort.settle_steps, effort.tolerance);
        n_iter += swap_search(polished, effort, rounds, seed + 1);
    }
    n_iter += polished.run(effort.polish_steps, effort.tolerance);

    KMeansResult result;
    result.inertia = polished.inertia();
    result.n_iter = n_iter;
    for (std::size_t c = 0; c < polished.centers().size(); ++c) {
        const CenterSum& sum = polished.sums()[c];
        result.weights.push_back(static_cast<double>(sum.weight));
        for (std::size_t d = 0; d < kDims; ++d)
            result.centers.push_back(sum.weight
                                         ? static_cast<double>(sum.sum[d]) / static_cast<double>(sum.weight)
                                         : polished.centers()[c][d]);
    }
    return result;
}

void nearest_labels(const Points& points, const std::vector<Coordinates>& centers, Team& team, std::uint16_t* labels) {
    CandidateList list = as_candidates(centers);
    std::vector<Scratch> scratch = scratch_for(team, centers.size());
    Buffer<Box> boxes((points.n + kBlock - 1) / kBlock);
    team.run(hyper_blocks(points.n), [&](std::size_t h, std::size_t worker) {
        const std::size_t first = h * kHyperBlock, n = std::min(kHyperBlock, points.n - first);
        kernels().block_boxes({points.xy + first, points.zw + first, n}, &boxes[first / kBlock]);
        kernels().assign(points, boxes.begin(), h, list.view(), scratch[worker].views(), labels, nullptr, nullptr,
                         nullptr, nullptr, true);
    });
}

}  // namespace pil_kmeans
