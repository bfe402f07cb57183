// Shares w of n entries that make |sum w_i v_i|^2 / 2 + sum w_i h_i least, w_i >= 0, sum w_i = 1.
//
// By active sets: starting from entry 0, the entry is added by which the sum falls the fastest, and the least for those
// that are in is found; entries whose share would be negative go (P. Wolfe, Finding the nearest point in a polytope,
// Mathematical Programming 11, 1976). Two or three rounds are the rule.
#pragma once

#include <algorithm>
#include <array>
#include <cstddef>

#include "kernels/color/oklab_of_cones.hpp"

namespace pil_kmeans {

inline constexpr std::size_t kMostCandidates = 16;

// Steps in each cone's response, of all candidates, as the eye sees them: in Oklab, lightness times a weight.
inline void steps_in_oklab(const std::array<float, kMostCandidates>* cones, float lightness_weight,
                           std::array<float, kMostCandidates>* steps) {
    for (std::size_t a = 0; a < 3; ++a) {
        const float weight = a ? 1.0f : lightness_weight;
        const auto& [l, m, s] = kOklabOfCones[a];
        for (std::size_t i = 0; i < kMostCandidates; ++i)
            steps[a][i] = weight * (l * cones[0][i] + m * cones[1][i] + s * cones[2][i]);
    }
}

template <std::size_t axes>
class BestShares {
  public:
    using Lanes = std::array<float, kMostCandidates>;
    static constexpr std::size_t kMostIn = axes + 2;  // one more than the best needs

    // v_i is column i of `steps`; 1 <= n <= 16, lanes from n on are not used, but must be numbers.
    BestShares(const std::array<Lanes, axes>& steps, const Lanes& costs, std::size_t n) : steps_(steps), costs_(costs) {
        for (std::size_t a = 0; a < axes; ++a) sum_[a] = steps[a][0];
        for (int round = 0; round < kMostRounds; ++round) {
            const std::size_t best = falling(n);
            if (best == kMostCandidates) break;
            entries_[n_in_] = best;
            shares_[n_in_++] = 0;
            while (!settle()) {
            }
        }
    }

    std::size_t size() const { return n_in_; }
    std::size_t entry(std::size_t i) const { return entries_[i]; }
    float share(std::size_t i) const { return shares_[i]; }

  private:
    static constexpr int kMostRounds = 16;
    static constexpr float kEven = 0x1p-17f;  // of a squared way: where the fall is less, shares stay
    static constexpr float kRidge = 1.0001f;  // keeps entries in line, or alike, from having no one solution
    static constexpr float kLeastSquare = 1e-9f;

    // The entry by which the sum falls the fastest, or kMostCandidates if there is none to add.
    std::size_t falling(std::size_t n) const {
        Lanes slopes = costs_;
        for (std::size_t a = 0; a < axes; ++a)
            for (std::size_t i = 0; i < kMostCandidates; ++i) slopes[i] += sum_[a] * steps_[a][i];
        const auto best =
            static_cast<std::size_t>(std::min_element(slopes.begin(), slopes.begin() + n) - slopes.begin());
        std::size_t worst = entries_[0];
        for (std::size_t i = 0; i < n_in_; ++i) {
            if (entries_[i] == best) return kMostCandidates;
            if (slopes[entries_[i]] > slopes[worst]) worst = entries_[i];
        }
        float square = 0;
        for (std::size_t a = 0; a < axes; ++a) {
            const float way = steps_[a][best] - steps_[a][worst];
            square += way * way;
        }
        return slopes[worst] - slopes[best] > kEven * square && n_in_ < kMostIn ? best : kMostCandidates;
    }

    // Goes from the shares there are to the best of the same entries, or until one is used up, which is dropped. Says
    // whether it has arrived.
    bool settle() {
        const std::size_t m = n_in_ - 1;  // moves of share, from entry 0 of the set to each of the others
        float ways[kMostIn][axes], matrix[kMostIn][kMostIn], move[kMostIn];
        for (std::size_t j = 0; j < m; ++j) {
            float slope = costs_[entries_[j + 1]] - costs_[entries_[0]];
            for (std::size_t a = 0; a < axes; ++a) {
                ways[j][a] = steps_[a][entries_[j + 1]] - steps_[a][entries_[0]];
                slope += ways[j][a] * sum_[a];
            }
            move[j + 1] = -slope;
            for (std::size_t i = 0; i <= j; ++i) {
                float product = 0;
                for (std::size_t a = 0; a < axes; ++a) product += ways[i][a] * ways[j][a];
                matrix[j][i] = matrix[i][j] = product;
            }
            matrix[j][j] = matrix[j][j] * kRidge + kLeastSquare;
        }
        for (std::size_t c = 0; c < m; ++c)  // elimination
            for (std::size_t r = c + 1; r < m; ++r) {
                const float factor = matrix[r][c] / matrix[c][c];
                for (std::size_t i = c + 1; i < m; ++i) matrix[r][i] -= factor * matrix[c][i];
                move[r + 1] -= factor * move[c + 1];
            }
        move[0] = 0;
        for (std::size_t c = m; c-- > 0;) {
            for (std::size_t i = c + 1; i < m; ++i) move[c + 1] -= matrix[c][i] * move[i + 1];
            move[c + 1] /= matrix[c][c];
            move[0] -= move[c + 1];
        }
        float length = 1;
        std::size_t gone = kMostIn;
        for (std::size_t j = 0; j < n_in_; ++j)
            if (shares_[j] + move[j] <= 0 && move[j] < 0 && (gone == kMostIn || -shares_[j] / move[j] < length)) {
                length = -shares_[j] / move[j];
                gone = j;
            }
        for (std::size_t j = 0; j < n_in_; ++j) shares_[j] += length * move[j];
        for (std::size_t j = 0; j < m; ++j)
            for (std::size_t a = 0; a < axes; ++a) sum_[a] += length * move[j + 1] * ways[j][a];
        if (gone == kMostIn) return true;
        entries_[gone] = entries_[--n_in_];
        shares_[gone] = shares_[n_in_];
        if (n_in_ > 1) return false;
        shares_[0] = 1;
        for (std::size_t a = 0; a < axes; ++a) sum_[a] = steps_[a][entries_[0]];
        return true;
    }

    const std::array<Lanes, axes>& steps_;
    const Lanes& costs_;
    std::size_t n_in_ = 1, entries_[kMostIn] = {};
    float shares_[kMostIn] = {1}, sum_[axes];
};

}  // namespace pil_kmeans
