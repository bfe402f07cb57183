// Weighted k-means: Lloyd's iterations over points of one resolution, and the way through the resolutions.
#pragma once

#include <cstddef>
#include <cstdint>
#include <vector>

#include "kernels/base/buffer.hpp"
#include "kernels/base/points.hpp"
#include "kernels/base/team.hpp"
#include "kernels/isa/isa.hpp"

namespace pil_kmeans {

// Points with weights, in Morton order: a view, or the owner of cells. Boxes and energy are made for Lloyd's steps.
struct WeightedPoints {
    Points points{};
    const std::int64_t* weights = nullptr;
    Buffer<Box> boxes;
    double energy = 0;  // sum of weight times squared length: inertia is this less what the centers explain

    Buffer<std::uint64_t> keys;  // of cells
    Buffer<std::uint32_t> xy, zw;
    Buffer<std::int64_t> cell_weights;

    std::size_t size() const { return points.n; }
};

// The cells of all keys that agree when shifted right by `shift`: key so shifted, mean point and total weight of each.
WeightedPoints cells(const std::uint64_t* keys, const Points& points, const std::int64_t* weights, int shift,
                     Team& team);

// The smallest shift at which the keys fall into at most `max_cells` cells.
int shift_for_cells(const std::uint64_t* keys, std::size_t n, std::size_t max_cells, Team& team);

// Centers, labels and sums of one set of points, moved together. The first `n_fixed` centers never move.
class Lloyd {
  public:
    Lloyd(const WeightedPoints& points, std::vector<Coordinates> centers, std::size_t n_fixed, Team& team);

    // Assign every point to its nearest center, then move each center to the mean of its points. Returns the
    // inertia of the assignment about those means, or about the centers that are fixed. A center without points stays
    // where it is. With `stretch`, centers go that many eighths of their way beyond the mean.
    double step(int stretch);

    // Step until the inertia falls by less than `tolerance` of itself, at most `max_steps` times. Returns the steps.
    int run(int max_steps, double tolerance);

    // Put centers that are not fixed elsewhere; the next step finds out what follows.
    void place(std::size_t center, const Coordinates& position);

    const WeightedPoints& points() const { return points_; }
    const std::vector<Coordinates>& centers() const { return centers_; }
    const std::vector<CenterSum>& sums() const { return sums_; }
    const std::uint16_t* labels() const { return labels_.begin(); }
    double inertia() const { return inertia_; }
    bool is_fixed(std::size_t center) const { return center < n_fixed_; }
    std::size_t n_fixed() const { return n_fixed_; }
    double explained(std::size_t center) const;  // of the energy of its points
    Team& team() { return team_; }

  private:
    const WeightedPoints& points_;
    Team& team_;
    std::vector<Coordinates> centers_;
    std::size_t n_fixed_;
    std::vector<CenterSum> sums_;
    std::vector<std::uint8_t> moved_;
    Buffer<std::uint16_t> labels_;
    Buffer<RememberedList> remembered_;
    double inertia_ = 0;
    bool first_ = true, settled_ = false;
};

// How much work a fit does, in counts, never in time. Stages go from coarse to fine.
struct Stage {
    std::size_t cells;   // most cells a center; 0 for all points
    std::size_t fewest;  // but so many cells at least
    int steps;           // most Lloyd's steps at first
    int rounds;          // most rounds of the swap search then
};

struct Effort {
    std::vector<Stage> stages;  // at least one
    std::size_t most_searched;  // more centers than this are not searched: so few swaps among them would not show
    int trials;                 // removals and insertions tried a round, each
    int neighbors;              // centers around a removal or insertion that are moved with it
    int relax_steps;            // local steps a trial
    int settle_steps;           // global steps after a round
    double tolerance;           // steps end when the inertia falls by less than this share of itself
};

struct KMeansResult {
    std::vector<double> centers;  // (m + k, 4) in working units: the fixed ones, then the unrounded means
    std::vector<double> weights;  // (m + k,) what each center stands for; 0 for one without points
    double inertia = 0;           // in squared working units
    int n_iter = 0;               // Lloyd's steps on the finest level
};

// k centers of n weighted points in Morton order, k <= n, beside m centers that are fixed: points go to the nearest of
// all, ties to the fixed, which never move and are never given up. So the k are fitted to what the fixed leave over.
// Coinciding points may leave fewer than k. Deterministic: `seed` only varies how clusters are split.
KMeansResult fit_centers(const std::uint64_t* keys,              // IN (n,) ascending, distinct
                         const Points& points,                   // IN (n,)
                         const std::int64_t* weights,            // IN (n,) positive
                         const std::vector<Coordinates>& fixed,  // IN (m,)
                         std::size_t k, const Effort& effort, std::uint64_t seed, Team& team);

// Nearest center of every point, ties to the lowest index.
void nearest_labels(const Points& points, const std::vector<Coordinates>& centers, Team& team,
                    std::uint16_t* labels);  // OUT (n,)

Coordinates mean_of(const CenterSum& sum);

// Where a center goes whose points have this mean: farther by `stretch` eighths of its way, for means keep moving the
// same way for many steps (over-relaxation).
Coordinates beyond(const Coordinates& center, const Coordinates& mean, int stretch);

inline constexpr int kStretch = 12;      // of all centers, where a step that fails is noticed
inline constexpr int kLocalStretch = 8;  // in a trial

}  // namespace pil_kmeans
