// The search: centers move from where they are of little use to where they are of most.
#pragma once

#include <cstdint>

#include "kernels/kmeans/kmeans.hpp"

namespace pil_kmeans {

// Rounds of swaps, until one finds nothing or `rounds` are done. Returns the number of Lloyd's steps taken.
//
// A round tries the removal of the centers that look least useful and the insertion of a center into the clusters
// that look most spread. Each trial is a small k-means problem of its own: the clusters around, a few steps, all else
// left alone. So its result is a bound: what it promises, the whole gains at least. Insertions that gain more than a
// removal costs are then done together, as long as they touch different clusters, and the whole settles.
int swap_search(Lloyd& state, const Effort& effort, int rounds, std::uint64_t seed);

}  // namespace pil_kmeans
