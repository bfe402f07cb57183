// K-means on the points of a few clusters, which the search tries its swaps on.
//
// A swap changes labels near the two places it touches and hardly any others. So a trial takes the clusters around a
// place out of the whole, all else left alone, and costs O(points in them * centers of them) a step: hundreds of trials
// cost what a step of all points does. What it reaches is a bound: with all points free to move, none is worse off.
#pragma once

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <cstring>
#include <numeric>
#include <vector>

#include "kernels/kmeans/candidates.hpp"
#include "kernels/kmeans/kmeans.hpp"
#include "kernels/kmeans/wu.hpp"

namespace pil_kmeans {

// The points sorted by cluster, so that a trial copies a few ranges. Within a cluster they keep their Morton order, in
// which those that change their label follow each other.
struct Clusters {
    std::vector<std::size_t> start;  // (k + 1,)
    Buffer<std::uint32_t> xy, zw;
    Buffer<std::int64_t> weights;

    explicit Clusters(const Lloyd& state)
        : start(state.centers().size() + 1, 0),
          xy(state.points().size()),
          zw(state.points().size()),
          weights(state.points().size()) {
        const std::size_t n = state.points().size();
        for (std::size_t i = 0; i < n; ++i) ++start[state.labels()[i] + 1u];
        std::partial_sum(start.begin(), start.end(), start.begin());  // a counting sort: O(n + k), stable
        std::vector<std::size_t> at(start.begin(), start.end() - 1);
        for (std::size_t i = 0; i < n; ++i) {
            const std::size_t to = at[state.labels()[i]]++;
            xy[to] = state.points().points.xy[i];
            zw[to] = state.points().points.zw[i];
            weights[to] = state.points().weights[i];
        }
    }

    std::size_t size(std::size_t cluster) const { return start[cluster + 1] - start[cluster]; }
    Points points(std::size_t cluster) const {
        return {xy.begin() + start[cluster], zw.begin() + start[cluster], size(cluster)};
    }
    const std::int64_t* weight(std::size_t cluster) const { return weights.begin() + start[cluster]; }
};

inline std::int32_t squared_distance(const Coordinates& a, const Coordinates& b) {
    std::int32_t sum = 0;
    for (std::size_t d = 0; d < kDims; ++d) sum += (a[d] - b[d]) * (a[d] - b[d]);
    return sum;
}

// A small k-means problem: the points of some clusters, and the centers that they may move to, some of them fixed. One
// a worker, used for all its trials: the vectors keep their memory.
struct Local {
    std::vector<std::uint32_t> xy, zw;
    std::vector<std::int64_t> weights;
    std::vector<std::uint16_t> labels;
    std::vector<Coordinates> centers;
    std::vector<std::uint8_t> fixed;
    std::vector<CenterSum> sums;
    CandidateList list;

    explicit Local(std::size_t max_centers) : list(max_centers) {}

    // The points of some clusters, labelled by place among them, with the sums and centers of these. Labels and sums
    // agree from the start, as relax() wants it, though the centers have moved on since the labels were found.
    void take(const Clusters& clusters, const std::vector<std::uint16_t>& which, const Lloyd& state) {
        centers.clear();
        fixed.clear();
        xy.clear();
        zw.clear();
        weights.clear();
        labels.clear();
        sums.clear();
        for (std::size_t i = 0; i < which.size(); ++i) {
            const Points p = clusters.points(which[i]);
            xy.insert(xy.end(), p.xy, p.xy + p.n);
            zw.insert(zw.end(), p.zw, p.zw + p.n);
            weights.insert(weights.end(), clusters.weight(which[i]), clusters.weight(which[i]) + p.n);
            labels.insert(labels.end(), p.n, static_cast<std::uint16_t>(i));
            sums.push_back(state.sums()[which[i]]);
            centers.push_back(state.centers()[which[i]]);
            fixed.push_back(state.is_fixed(which[i]));
        }
        nearest.resize(xy.size());
    }

    void add_center(const Coordinates& position) {
        centers.push_back(position);
        fixed.push_back(0);
    }

    // A few of Lloyd's steps from `centers`, without the one at `gone`; what the last assignment explains. The energy
    // of the points is the same before and after: so what is explained, and no inertia, is compared. Only points that
    // change their center are added up again.
    double relax(int steps, std::size_t gone) {
        sums.resize(centers.size());  // an added center has no points yet
        double explained = 0;
        for (int step = 0; step < steps; ++step) {
            list.clear();
            for (std::size_t c = 0; c < centers.size(); ++c)
                if (c != gone) list.add(centers[c], static_cast<std::uint32_t>(c));
            // Boxes would not pay for so few centers. What is gone is not in the list, so its points go elsewhere.
            kernels().assign_few({xy.data(), zw.data(), xy.size()}, list.padded(), nearest.data());
            move_points();
            explained = 0;
            for (std::size_t c = 0; c < centers.size(); ++c) {
                if (sums[c].weight == 0) continue;
                explained += fixed[c] ? explained_energy(sums[c], centers[c]) : explained_energy(sums[c]);
                if (fixed[c]) continue;
                // The last ones are put into the whole, so they are means.
                centers[c] = step + 1 < steps ? beyond(centers[c], mean_of(sums[c]), kLocalStretch) : mean_of(sums[c]);
            }
        }
        return explained;
    }

  private:
    std::vector<std::uint16_t> nearest;

    void move_points() {
        constexpr std::size_t kRun = 16;  // compared at once: after the first step most labels are the same
        for (std::size_t start = 0; start < xy.size(); start += kRun) {
            const std::size_t end = std::min(xy.size(), start + kRun);
            if (std::memcmp(&labels[start], &nearest[start], (end - start) * sizeof labels[0]) == 0) continue;
            for (std::size_t i = start; i < end; ++i) {
                if (labels[i] == nearest[i]) continue;
                const Coordinates x = unpack(xy[i], zw[i]);
                CenterSum &from = sums[labels[i]], &to = sums[nearest[i]];
                from.weight -= weights[i];
                to.weight += weights[i];
                for (std::size_t d = 0; d < kDims; ++d) {
                    const std::int64_t moment = weights[i] * x[d];
                    from.sum[d] -= moment;
                    to.sum[d] += moment;
                }
                labels[i] = nearest[i];
            }
        }
    }
};

}  // namespace pil_kmeans
