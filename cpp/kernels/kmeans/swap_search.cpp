// Lloyd's steps stop in the nearest local minimum, mostly because some region has a center too many and another one too
// few: no step carries a center over the regions between. Here a center goes from one to the other at once.
//
// That it should go from where least is lost to where most is won, and that the neighbourhoods tell, is the idea of the
// enhanced LBG algorithm (G. Patane and M. Russo, Neural Networks 14(9), 2001); that a swap is done only if it helps,
// that of random swaps (P. Franti and J. Kivijarvi, "Randomised local search algorithm for the clustering problem",
// Pattern Analysis & Applications 3(4), 2000). Other than these, removals and insertions are tried apart and matched:
// of t + t trials come t * t swaps to choose from. A round costs O(n) for sorting points by cluster, O(k^2) for
// distances of centers and O(t * (neighbours' points) * neighbours) for the trials.
#include "kernels/kmeans/swap_search.hpp"

#include <algorithm>
#include <array>
#include <cmath>
#include <limits>
#include <numeric>

#include "kernels/kmeans/local_kmeans.hpp"
#include "kernels/kmeans/wu.hpp"

namespace pil_kmeans {
namespace {

// SplitMix64 (G. Steele, D. Lea and C. Flood, "Fast splittable pseudorandom number generators", OOPSLA 2014): a stream
// of its own for every trial, so that threads may take trials in any order.
double jitter(std::uint64_t seed) {  // in [-0.5, 0.5)
    seed += 0x9e3779b97f4a7c15ull;
    seed = (seed ^ seed >> 30) * 0xbf58476d1ce4e5b9ull;
    seed = (seed ^ seed >> 27) * 0x94d049bb133111ebull;
    return static_cast<double>((seed ^ seed >> 31) >> 11) * 0x1p-53 - 0.5;
}

constexpr std::size_t kNone = ~std::size_t{0};

struct Trial {
    double change = 0;                    // of what is explained; negative for a removal
    std::vector<std::uint16_t> clusters;  // touched; the first is the one removed or split
    std::vector<Coordinates> centers;     // their new places; of a removal the first does not count, an insertion has
                                          // one more at the end
};

class Round {
  public:
    Round(Lloyd& state, const Effort& effort, std::uint64_t seed)
        : state_(state), effort_(effort), seed_(seed), clusters_(state), k_(state.centers().size()) {
        for (std::size_t worker = 0; worker < state.team().size(); ++worker)  // room for two trials tried together
            local_.emplace_back(2 * static_cast<std::size_t>(effort.neighbors) + 4);
        for (std::size_t d = 0; d < kDims; ++d)
            for (const Coordinates& center : state.centers()) axes_[d].push_back(center[d]);
    }

    // Returns the number of swaps made.
    std::size_t run() {
        const std::size_t most = static_cast<std::size_t>(effort_.trials);
        const std::size_t n_removals = std::min(k_ - state_.n_fixed(), most), n_insertions = std::min(k_, most);
        // Trials cost much more than these estimates, so they go to the most promising only.
        const std::vector<std::uint16_t> useless = lowest(removal_costs(), n_removals);
        std::vector<double> spreads = spread();
        for (double& s : spreads) s = -s;
        const std::vector<std::uint16_t> spread_out = lowest(spreads, n_insertions);
        std::vector<Trial> removals(n_removals), insertions(n_insertions);
        state_.team().run(n_removals + n_insertions, [&](std::size_t t, std::size_t worker) {
            if (t < n_removals)
                removals[t] = remove(useless[t], local_[worker]);
            else
                insertions[t - n_removals] = insert(spread_out[t - n_removals], local_[worker]);
        });
        // Stable: equal ones stay in order of their estimates, whoever tried them.
        const auto best_first = [](const Trial& a, const Trial& b) { return a.change > b.change; };
        std::stable_sort(removals.begin(), removals.end(), best_first);
        std::stable_sort(insertions.begin(), insertions.end(), best_first);
        return match(removals, insertions);
    }

  private:
    std::vector<std::uint16_t> lowest(const std::vector<double>& values, std::size_t n) const {
        std::vector<std::uint16_t> order(k_);
        std::iota(order.begin(), order.end(), std::uint16_t{0});
        std::stable_sort(order.begin(), order.end(),
                         [&](std::uint16_t a, std::uint16_t b) { return values[a] < values[b]; });
        order.resize(n);
        return order;
    }

    // Cost of merging each cluster into the nearest other (J. Ward, "Hierarchical grouping to optimize an objective
    // function", Journal of the American Statistical Association 58, 1963); what is fixed stays. Into a fixed center
    // all points go the whole way, since it does not move to meet them.
    std::vector<double> removal_costs() const {
        std::vector<double> costs(k_);
        state_.team().run((k_ + 63) / 64, [&](std::size_t task, std::size_t) {
            std::vector<float> distances(k_);
            for (std::size_t c = task * 64; c < std::min(k_, task * 64 + 64); ++c) {
                distances_from(c, distances);
                const auto nearest =
                    static_cast<std::size_t>(std::min_element(distances.begin(), distances.end()) - distances.begin());
                const auto a = static_cast<double>(state_.sums()[c].weight);
                const auto b = static_cast<double>(state_.sums()[nearest].weight);
                const double moved = state_.is_fixed(nearest) ? a : a + b > 0 ? a * b / (a + b) : 0;
                costs[c] = state_.is_fixed(c) ? std::numeric_limits<double>::infinity()
                                              : moved * static_cast<double>(distances[nearest]);
            }
        });
        return costs;
    }

    // Squared distances to the other centers; none to itself. Floats in arrays by axis, which the compiler vectorises:
    // one squared distance does not depend on the order of others.
    void distances_from(std::size_t center, std::vector<float>& distances) const {
        const float* const x = axes_[0].data();
        const float* const y = axes_[1].data();
        const float* const z = axes_[2].data();
        const float* const w = axes_[3].data();
        for (std::size_t c = 0; c < k_; ++c) {
            const float dx = x[c] - x[center], dy = y[c] - y[center], dz = z[c] - z[center], dw = w[c] - w[center];
            distances[c] = (dx * dx + dy * dy) + (dz * dz + dw * dw);
        }
        distances[center] = std::numeric_limits<float>::max();
    }

    // Inertia within each cluster: that with most has most to gain from a second center, whatever its shape. One task
    // sums up one cluster, in order of its points, so that the double does not depend on threads.
    std::vector<double> spread() const {
        std::vector<double> spreads(k_, 0.0);
        state_.team().run((k_ + 15) / 16, [&](std::size_t task, std::size_t) {
            for (std::size_t c = task * 16; c < std::min(k_, task * 16 + 16); ++c) {
                const Points p = clusters_.points(c);
                for (std::size_t i = 0; i < p.n; ++i)
                    spreads[c] += static_cast<double>(clusters_.weight(c)[i]) *
                                  squared_distance(unpack(p.xy[i], p.zw[i]), state_.centers()[c]);
            }
        });
        return spreads;
    }

    // The center and its nearest neighbours, which alone a trial changes. Pairs are in order of distance, then of
    // index.
    std::vector<std::uint16_t> around(std::size_t center) const {
        std::vector<float> to(k_);
        distances_from(center, to);
        std::vector<std::pair<float, std::uint16_t>> distances;
        distances.reserve(k_);
        for (std::size_t c = 0; c < k_; ++c)
            if (c != center) distances.emplace_back(to[c], static_cast<std::uint16_t>(c));
        const std::size_t n = std::min(distances.size(), static_cast<std::size_t>(effort_.neighbors));
        std::nth_element(distances.begin(), distances.begin() + static_cast<std::ptrdiff_t>(n), distances.end());
        std::sort(distances.begin(), distances.begin() + static_cast<std::ptrdiff_t>(n));
        std::vector<std::uint16_t> result{static_cast<std::uint16_t>(center)};
        for (std::size_t i = 0; i < n; ++i) result.push_back(distances[i].second);
        return result;
    }

    double explained_now(const std::vector<std::uint16_t>& which) const {
        double explained = 0;
        for (const std::uint16_t c : which) explained += state_.explained(c);
        return explained;
    }

    // What the neighbours explain without it, less what all of them do now.
    Trial remove(std::size_t center, Local& local) const {
        Trial trial;
        trial.clusters = around(center);
        local.take(clusters_, trial.clusters, state_);
        trial.change = local.relax(effort_.relax_steps, 0) - explained_now(trial.clusters);
        trial.centers = local.centers;
        return trial;
    }

    // What they explain if the cluster is halved, less what they do now.
    Trial insert(std::size_t center, Local& local) const {
        Trial trial;
        trial.clusters = around(center);
        local.take(clusters_, trial.clusters, state_);
        const auto [left, right] = halves(center);
        local.centers[0] = left;
        local.add_center(right);
        trial.change = local.relax(effort_.relax_steps, kNone) - explained_now(trial.clusters);
        trial.centers = local.centers;
        return trial;
    }

    // The means of a cluster's two sides of a plane across its principal axis, near its middle; where the center is
    // fixed, that and the mean of the side, or of all points, that gains most by a center of its own. The plane is off
    // the middle by up to a quarter of the mean distance: a split that failed is another one in the next round, and
    // `random_state` has something to vary.
    std::pair<Coordinates, Coordinates> halves(std::size_t center) const {
        const Points p = clusters_.points(center);
        const std::int64_t* weights = clusters_.weight(center);
        const Coordinates middle = state_.centers()[center];
        if (p.n < 2 && !state_.is_fixed(center)) return {middle, middle};
        Covariance covariance{};
        double weight = 0;
        for (std::size_t i = 0; i < p.n; ++i) {
            const Coordinates x = unpack(p.xy[i], p.zw[i]);
            const auto w = static_cast<float>(weights[i]);
            weight += static_cast<double>(weights[i]);
            for (std::size_t a = 0; a < kDims; ++a)
                for (std::size_t b = 0; b < kDims; ++b)
                    covariance[a][b] += w * static_cast<float>((x[a] - middle[a]) * (x[b] - middle[b]));
        }
        const std::array<float, kDims> axis = main_axis(covariance);
        std::vector<float> place(p.n);
        double spread = 0;
        for (std::size_t i = 0; i < p.n; ++i) {
            const Coordinates x = unpack(p.xy[i], p.zw[i]);
            place[i] = 0;
            for (std::size_t d = 0; d < kDims; ++d) place[i] += axis[d] * static_cast<float>(x[d] - middle[d]);
            spread += static_cast<double>(weights[i]) * static_cast<double>(std::fabs(place[i]));
        }
        if (spread == 0) return {middle, middle};
        const double plane = 0.5 * jitter(seed_ * kMaxColors + center) * spread / weight;
        CenterSum sides[2];
        for (std::size_t i = 0; i < p.n; ++i) {
            CenterSum& side = sides[static_cast<double>(place[i]) > plane];
            const Coordinates x = unpack(p.xy[i], p.zw[i]);
            side.weight += weights[i];
            for (std::size_t d = 0; d < kDims; ++d) side.sum[d] += weights[i] * x[d];
        }
        if (state_.is_fixed(center)) {
            const auto gain = [&](const CenterSum& part) {
                return explained_energy(part) - explained_energy(part, middle);
            };
            CenterSum best = state_.sums()[center];
            for (const CenterSum& side : sides)
                if (side.weight && gain(side) > gain(best)) best = side;
            return {middle, mean_of(best)};
        }
        return {sides[0].weight ? mean_of(sides[0]) : middle, sides[1].weight ? mean_of(sides[1]) : middle};
    }

    // Do what pays, best first, each cluster touched at most once: what trials promise holds only as long as nothing
    // around them changes.
    std::size_t match(const std::vector<Trial>& removals, const std::vector<Trial>& insertions) {
        std::vector<std::uint8_t> touched(k_, 0);
        std::vector<std::uint8_t> used(removals.size(), 0);
        const auto is_free = [&](const Trial& trial) {
            return std::none_of(trial.clusters.begin(), trial.clusters.end(),
                                [&](std::uint16_t c) { return touched[c]; });
        };
        const auto touch = [&](const Trial& trial) {
            for (const std::uint16_t c : trial.clusters) touched[c] = 1;
        };
        constexpr std::size_t kTriedTogether = 8;  // one after the other, so few
        std::size_t swaps = 0, tried_together = 0;
        for (const Trial& insertion : insertions) {
            if (!is_free(insertion)) continue;
            for (std::size_t r = 0; r < removals.size(); ++r) {
                const Trial& removal = removals[r];
                if (used[r] || !is_free(removal)) continue;
                const double promised = insertion.change + removal.change;
                if (overlap(removal, insertion)) {
                    // What two promise that share clusters does not add up, and may be more: try.
                    if (promised < 0.5 * removal.change || tried_together == kTriedTogether) break;
                    ++tried_together;
                    if (!swap_together(removal, insertion)) continue;
                } else {
                    if (promised <= 0) break;  // removals are in order: the others promise less
                    for (std::size_t i = 1; i < removal.clusters.size(); ++i)
                        state_.place(removal.clusters[i], removal.centers[i]);
                    for (std::size_t i = 0; i < insertion.clusters.size(); ++i)
                        state_.place(insertion.clusters[i], insertion.centers[i]);
                    state_.place(removal.clusters[0], insertion.centers.back());
                }
                touch(removal);
                touch(insertion);
                used[r] = 1;
                ++swaps;
                break;
            }
        }
        return swaps;
    }

    static bool overlap(const Trial& a, const Trial& b) {
        return std::any_of(a.clusters.begin(), a.clusters.end(), [&](std::uint16_t c) {
            return std::find(b.clusters.begin(), b.clusters.end(), c) != b.clusters.end();
        });
    }

    // Both as one problem, where the center goes from one cluster to the other. The steps are more than a trial's, as
    // the center's way may lead through clusters that both have.
    bool swap_together(const Trial& removal, const Trial& insertion) {
        if (removal.clusters[0] == insertion.clusters[0]) return false;
        std::vector<std::uint16_t> both = insertion.clusters;
        for (const std::uint16_t c : removal.clusters)
            if (std::find(both.begin(), both.end(), c) == both.end()) both.push_back(c);
        Local& local = local_[0];
        local.take(clusters_, both, state_);
        const auto [left, right] = halves(insertion.clusters[0]);
        const auto at = [&](std::uint16_t c) {
            return static_cast<std::size_t>(std::find(both.begin(), both.end(), c) - both.begin());
        };
        local.centers[at(insertion.clusters[0])] = left;
        local.centers[at(removal.clusters[0])] = right;
        if (local.relax(effort_.relax_steps + 3, kNone) <= explained_now(both)) return false;
        for (std::size_t i = 0; i < both.size(); ++i) state_.place(both[i], local.centers[i]);
        return true;
    }

    Lloyd& state_;
    const Effort& effort_;
    std::uint64_t seed_;
    Clusters clusters_;
    std::size_t k_;
    std::vector<Local> local_;
    std::array<std::vector<float>, kDims> axes_;  // the centers' coordinates
};

}  // namespace

int swap_search(Lloyd& state, const Effort& effort, int rounds, std::uint64_t seed) {
    int steps = 0;
    // Of two, what a removed one had would go to the one that is split: there is no other.
    if (state.centers().size() < 3 || state.centers().size() > effort.most_searched) return 0;
    for (int round = 0; round < rounds; ++round) {
        if (Round(state, effort, seed + static_cast<std::uint64_t>(round)).run() == 0) break;
        steps += state.run(effort.settle_steps, effort.tolerance);
    }
    return steps;
}

}  // namespace pil_kmeans
