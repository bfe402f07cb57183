// Lloyd's iterations (S. Lloyd, "Least squares quantization in PCM", IEEE Transactions on Information Theory 28(2),
// 1982) with over-relaxed steps, on a pyramid of cells.
//
// One step costs what pruning leaves of O(n k), and O(k) more for each thread. Whatever threads add up is an integer,
// so that their number and order do not matter; the few sums of doubles are made by one thread, in order of tasks or
// centers.
#include "kernels/kmeans/kmeans.hpp"

#include <algorithm>
#include <array>
#include <bit>
#include <numeric>
#include <optional>

#include "kernels/kmeans/candidates.hpp"
#include "kernels/kmeans/swap_search.hpp"
#include "kernels/kmeans/wu.hpp"

namespace pil_kmeans {
namespace {

constexpr std::size_t kKeysATask = std::size_t{1} << 14;   // work enough to hand out
constexpr std::size_t kMostPoints = std::size_t{1} << 21;  // above this, cells stand for single points: bounds memory

std::size_t hyper_blocks(std::size_t n) { return (n + kHyperBlock - 1) / kHyperBlock; }

// Room for pruning: the candidates of a hyper-block, a super-block and a block. One set a worker, made before the
// threads start, since to allocate in each task would take longer than many a task does.
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

// Boxes and energy, which stay the same for all steps. Inertia is energy less what the centers explain (Huygens'
// theorem), and that follows from the sums: so no step looks at a point again to know its inertia.
void prepare(WeightedPoints& weighted, Team& team) {
    const Points& points = weighted.points;
    const std::size_t n_tasks = hyper_blocks(points.n);
    weighted.boxes = Buffer<Box>(n_tasks * kBoxes);
    std::vector<double> energies(n_tasks);
    team.run(n_tasks, [&](std::size_t h, std::size_t) {  // tasks do not depend on the team: nor does the sum of doubles
        kernels().bounding_boxes(points, h, &weighted.boxes[h * kBoxes]);
        const std::size_t first = h * kHyperBlock, last = std::min(points.n, first + kHyperBlock);
        double energy = 0;
        for (std::size_t i = first; i < last; ++i) {
            const Coordinates x = unpack(points.xy[i], points.zw[i]);
            std::int32_t norm = 0;
            for (const std::int32_t v : x) norm += v * v;
            energy += static_cast<double>(weighted.weights[i]) * norm;
        }
        energies[h] = energy;
    });
    for (const double energy : energies) weighted.energy += energy;
}

std::vector<std::uint16_t> labels_of(const Points& points, const std::vector<Coordinates>& centers, Team& team) {
    std::vector<std::uint16_t> labels(points.n);
    nearest_labels(points, centers, team, labels.data());
    return labels;
}

// The fixed centers, then k seeds: Wu's means. Fixed centers that are nearer to some points than these would be stand
// for a group each; so there are as many groups more, less those to which a fixed center does almost as well as the
// mean.
std::vector<Coordinates> seed_centers(const WeightedPoints& points, const std::vector<Coordinates>& fixed,
                                      std::size_t k, Team& team) {
    std::vector<Coordinates> centers = fixed;
    std::vector<CenterSum> groups = wu_seed(points, k);
    for (const CenterSum& group : groups) centers.push_back(mean_of(group));
    if (fixed.empty()) return centers;
    std::vector<std::uint8_t> is_used(centers.size(), 0);
    for (const std::uint16_t label : labels_of(points.points, centers, team)) is_used[label] = 1;
    const auto n_used = static_cast<std::size_t>(
        std::count(is_used.begin(), is_used.begin() + static_cast<std::ptrdiff_t>(fixed.size()), 1));
    if (n_used == 0) return centers;  // nothing for them, so the k seeds have all points to themselves

    groups = wu_seed(points, k + n_used);
    std::vector<std::uint32_t> xy, zw;
    for (const CenterSum& group : groups) {
        const Coordinates mean = mean_of(group);
        xy.push_back(pack_pair(mean[0], mean[1]));
        zw.push_back(pack_pair(mean[2], mean[3]));
    }
    const std::vector<std::uint16_t> nearest = labels_of({xy.data(), zw.data(), groups.size()}, fixed, team);
    std::vector<std::pair<double, std::size_t>> by_loss;
    // Changes of what is explained where a group goes to its fixed center: never positive, by definition of the mean.
    for (std::size_t g = 0; g < groups.size(); ++g)
        by_loss.emplace_back(explained_energy(groups[g], fixed[nearest[g]]) - explained_energy(groups[g]), g);
    std::sort(by_loss.begin(), by_loss.end());  // the group that loses most by a fixed center comes first
    by_loss.resize(std::min(k, by_loss.size()));
    centers = fixed;
    for (const auto& [loss, g] : by_loss) centers.push_back(unpack(xy[g], zw[g]));
    return centers;
}

}  // namespace

Coordinates beyond(const Coordinates& center, const Coordinates& mean, int stretch) {
    Coordinates result;
    for (std::size_t d = 0; d < kDims; ++d)
        result[d] = static_cast<std::int16_t>(  // beyond the bound, products would not fit in the kernels' int32
            std::clamp(mean[d] + (mean[d] - center[d]) * stretch / 8, -kMaxCoordinate, kMaxCoordinate));
    return result;
}

Coordinates mean_of(const CenterSum& sum) {
    Coordinates mean;
    // floor(sum / weight + 1 / 2) in integers, as every platform divides them: C++ rounds towards zero. All weights are
    // below 2^48 together and coordinates within 2^13, so twice a sum fits.
    for (std::size_t d = 0; d < kDims; ++d) {
        const std::int64_t numerator = 2 * sum.sum[d] + sum.weight, denominator = 2 * sum.weight;
        const std::int64_t quotient = numerator / denominator;
        mean[d] = static_cast<std::int16_t>(quotient - (numerator % denominator < 0));
    }
    return mean;
}

int shift_for_cells(const std::uint64_t* keys, std::size_t n, std::size_t max_cells, Team& team) {
    // By the place of the highest bit in which neighbours differ: at a shift beyond it they share a cell. Four tallies
    // take turns, since adding to one twice in a row waits.
    using Tally = std::array<std::size_t, 65>;
    constexpr std::size_t kTallies = 4;
    const std::size_t n_tasks = (n + kKeysATask - 1) / kKeysATask;
    std::vector<Tally> tallies(n_tasks);
    team.run(n_tasks, [&](std::size_t task, std::size_t) {
        std::array<Tally, kTallies> parts{};
        const std::size_t last = std::min(n, (task + 1) * kKeysATask);
        for (std::size_t i = std::max<std::size_t>(1, task * kKeysATask); i < last; ++i)
            ++parts[i % kTallies][static_cast<std::size_t>(std::bit_width(keys[i] ^ keys[i - 1]))];
        for (const Tally& part : parts)
            for (std::size_t bit = 0; bit < part.size(); ++bit) tallies[task][bit] += part[bit];
    });
    // Keys ascend, so cells are runs: there is one more than neighbours that differ at or above the shift.
    std::size_t n_cells = 1;
    int shift = 64;
    for (; shift > 0; --shift) {
        std::size_t finer = n_cells;
        for (const Tally& tally : tallies) finer += tally[static_cast<std::size_t>(shift)];
        if (finer > max_cells) break;
        n_cells = finer;
    }
    return shift;
}

WeightedPoints cells(const std::uint64_t* keys, const Points& points, const std::int64_t* weights, int shift,
                     Team& team) {
    const auto cell = [=](std::size_t i) { return shift < 64 ? keys[i] >> shift : 0; };  // C++ cannot shift by 64
    const auto starts = [=](std::size_t i) { return i == 0 || cell(i) != cell(i - 1); };
    // A cell belongs to the task in whose keys it starts, which reads on where others begin until the cell ends.
    // Counted first, then made: so each task knows where its cells go.
    const std::size_t n_tasks = (points.n + kKeysATask - 1) / kKeysATask;
    std::vector<std::size_t> first_cell(n_tasks + 1, 0);
    team.run(n_tasks, [&](std::size_t task, std::size_t) {
        const std::size_t last = std::min(points.n, (task + 1) * kKeysATask);
        std::size_t n_cells = 0;
        for (std::size_t i = task * kKeysATask; i < last; ++i) n_cells += starts(i);
        first_cell[task + 1] = n_cells;
    });
    std::partial_sum(first_cell.begin(), first_cell.end(), first_cell.begin());
    const std::size_t n_cells = first_cell[n_tasks];
    WeightedPoints result;
    result.keys = Buffer<std::uint64_t>(n_cells);
    result.xy = Buffer<std::uint32_t>(n_cells);
    result.zw = Buffer<std::uint32_t>(n_cells);
    result.cell_weights = Buffer<std::int64_t>(n_cells);
    team.run(n_tasks, [&](std::size_t task, std::size_t) {
        const std::size_t last = std::min(points.n, (task + 1) * kKeysATask);
        std::size_t i = task * kKeysATask;
        while (i < last && !starts(i)) ++i;
        for (std::size_t at = first_cell[task]; i < last; ++at) {
            const std::uint64_t here = cell(i);
            CenterSum sum;
            for (; i < points.n && cell(i) == here; ++i) {
                const Coordinates x = unpack(points.xy[i], points.zw[i]);
                sum.weight += weights[i];
                for (std::size_t d = 0; d < kDims; ++d) sum.sum[d] += weights[i] * x[d];
            }
            const Coordinates mean = mean_of(sum);
            result.keys[at] = here;
            result.xy[at] = pack_pair(mean[0], mean[1]);
            result.zw[at] = pack_pair(mean[2], mean[3]);
            result.cell_weights[at] = sum.weight;
        }
    });
    result.points = {result.xy.begin(), result.zw.begin(), n_cells};
    result.weights = result.cell_weights.begin();
    return result;
}

Lloyd::Lloyd(const WeightedPoints& points, std::vector<Coordinates> centers, std::size_t n_fixed, Team& team)
    : points_(points),
      team_(team),
      centers_(std::move(centers)),
      n_fixed_(n_fixed),
      sums_(centers_.size()),
      moved_(centers_.size(), 1),  // nothing is known of any yet
      labels_(points.size()),
      remembered_((points.size() + kSuperBlock - 1) / kSuperBlock) {}

void Lloyd::place(std::size_t center, const Coordinates& position) {
    // Sums and labels stay as they are: the next step moves whatever the center gains or loses.
    if (centers_[center] == position) return;
    centers_[center] = position;
    moved_[center] = 1;
    settled_ = false;
}

double Lloyd::explained(std::size_t center) const {
    return is_fixed(center) ? explained_energy(sums_[center], centers_[center]) : explained_energy(sums_[center]);
}

double Lloyd::step(int stretch) {
    const std::size_t k = centers_.size();
    CandidateList list = as_candidates(centers_);
    std::vector<Scratch> scratch = scratch_for(team_, k);
    // After the first steps few points change their label: only these are added and taken away. Integers, so that many
    // such changes leave no error behind, and the workers' sums come out the same whoever did which task.
    std::vector<std::vector<CenterSum>> changes(team_.size(), std::vector<CenterSum>(k));
    const Points& view = points_.points;
    team_.run(hyper_blocks(view.n), [&](std::size_t h, std::size_t worker) {
        kernels().assign(view, &points_.boxes[h * kBoxes], h, list.view(), scratch[worker].views(), labels_.begin(),
                         points_.weights, changes[worker].data(), moved_.data(), remembered_.begin(), first_);
    });
    first_ = false;
    for (const std::vector<CenterSum>& change : changes)
        for (std::size_t c = 0; c < k; ++c) {
            sums_[c].weight += change[c].weight;
            for (std::size_t d = 0; d < kDims; ++d) sums_[c].sum[d] += change[c].sum[d];
        }
    // The inertia is that about the means, even where centers go beyond them next: it tells how good the labels are.
    double explained = 0;
    settled_ = true;
    for (std::size_t c = 0; c < k; ++c) {
        moved_[c] = 0;
        if (sums_[c].weight == 0) continue;  // stays: the search may find a use for it
        explained += this->explained(c);
        if (is_fixed(c)) continue;
        const Coordinates mean = mean_of(sums_[c]);
        if (mean == centers_[c]) continue;
        centers_[c] = beyond(centers_[c], mean, stretch);
        moved_[c] = 1;
        settled_ = false;
    }
    return inertia_ = std::max(0.0, points_.energy - explained);  // the difference of two large doubles
}

int Lloyd::run(int max_steps, double tolerance) {
    // Over-relaxed steps halve their number, but may overshoot, and do not end on means. So once one gains too little,
    // or loses, plain steps follow until these gain too little as well; the last is plain in any case.
    double before = -1;
    int stretch = kStretch;
    for (int steps = 1; steps <= max_steps; ++steps) {
        const double after = step(steps < max_steps ? stretch : 0);
        if (settled_) return steps;  // every further step would be this one again
        if (before >= 0 && before - after < tolerance * before) {
            if (stretch == 0) return steps;
            stretch = 0;  // the last step ends on the means themselves
        }
        before = after;
    }
    return max_steps;
}

KMeansResult fit_centers(const std::uint64_t* keys, const Points& points, const std::int64_t* weights,
                         const std::vector<Coordinates>& fixed, std::size_t k, const Effort& effort, std::uint64_t seed,
                         Team& team) {
    // One level a stage, from all points to the coarsest cells; stages that would have the same cells share a level. A
    // level's cells are made of those of the level below, of which there are fewer than points: cells of cells are
    // cells again, as their keys are prefixes.
    std::vector<WeightedPoints> levels;
    std::vector<std::size_t> level_of(effort.stages.size());
    levels.reserve(effort.stages.size() + 1);  // references to levels must hold while others are added
    if (points.n > kMostPoints) {
        levels.push_back(cells(keys, points, weights, shift_for_cells(keys, points.n, kMostPoints, team), team));
    } else {
        levels.emplace_back();
        levels.back().points = points;
        levels.back().weights = weights;
    }
    for (std::size_t stage = effort.stages.size(); stage-- > 0;) {
        const WeightedPoints& finer = levels.back();
        const std::uint64_t* finer_keys = finer.keys.size ? finer.keys.begin() : keys;
        const std::size_t most = std::max(effort.stages[stage].fewest, effort.stages[stage].cells * (fixed.size() + k));
        if (effort.stages[stage].cells && finer.size() > most) {
            const int shift = shift_for_cells(finer_keys, finer.size(), most, team);
            levels.push_back(cells(finer_keys, finer.points, finer.weights, shift, team));
        }
        level_of[stage] = levels.size() - 1;
    }

    // All points may be no stage's level: then nobody needs their boxes.
    for (std::size_t level = level_of.back(); level < levels.size(); ++level) prepare(levels[level], team);

    KMeansResult result;
    std::vector<Coordinates> centers = seed_centers(levels.back(), fixed, k, team);
    // What is found on coarse cells, where a trial costs next to nothing, is where the next stage starts.
    std::optional<Lloyd> state;
    for (std::size_t stage = 0; stage < effort.stages.size(); ++stage) {
        if (stage == 0 || level_of[stage] != level_of[stage - 1]) {
            if (state) centers = state->centers();
            state.emplace(levels[level_of[stage]], std::move(centers), fixed.size(), team);
        }
        int steps = state->run(effort.stages[stage].steps, effort.tolerance);
        steps += swap_search(*state, effort, effort.stages[stage].rounds, seed + stage);
        if (level_of[stage] == level_of.back()) result.n_iter += steps;
    }
    result.inertia = state->inertia();
    // Not the centers, which are on the grid, but the means of their points.
    for (std::size_t c = 0; c < state->centers().size(); ++c) {
        const CenterSum& sum = state->sums()[c];
        result.weights.push_back(static_cast<double>(sum.weight));
        for (std::size_t d = 0; d < kDims; ++d)
            result.centers.push_back(sum.weight && !state->is_fixed(c)
                                         ? static_cast<double>(sum.sum[d]) / static_cast<double>(sum.weight)
                                         : state->centers()[c][d]);
    }
    return result;
}

void nearest_labels(const Points& points, const std::vector<Coordinates>& centers, Team& team, std::uint16_t* labels) {
    CandidateList list = as_candidates(centers);
    std::vector<Scratch> scratch = scratch_for(team, centers.size());
    team.run(hyper_blocks(points.n), [&](std::size_t h, std::size_t worker) {
        Box boxes[kBoxes];  // used once, so not worth keeping
        kernels().bounding_boxes(points, h, boxes);
        kernels().assign(points, boxes, h, list.view(), scratch[worker].views(), labels, nullptr, nullptr, nullptr,
                         nullptr, true);
    });
}

}  // namespace pil_kmeans
