// Colour spaces: from samples to fixed-point points of the working space, and back for the centers.
//
// Only + - * / and square roots are used, which IEEE 754 defines to the last bit, so every platform computes the same.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <span>
#include <string_view>

#include "kernels/base/team.hpp"

namespace pil_kmeans {

// All that is known of a colour space here: a row of the table in color_space.cpp.
struct ColorSpace {
    std::string_view name;
    double scale;        // working units per unit of the space; no colour of sRGB is beyond kMaxCoordinate
    double white;        // its lightness, or each of its three equal coordinates
    bool is_of_light;    // reckoned from linear light, 0 to 1; else from sRGB's samples, 0 to 255
    bool has_lightness;  // the first coordinate, and greys have no other
    void (*to_space)(float* r, float* g, float* b, std::size_t n);            // n colours, in place
    std::array<double, 3> (*from_space)(const std::array<double, 3>& color);  // one colour, not clipped
    double (*of_grey)(double level);  // the first coordinate of a grey, given in light or samples as above; ascends
    double (*to_grey)(double coordinate);  // and back
};

std::span<const ColorSpace> color_spaces();

// Throws std::invalid_argument, which names the spaces there are.
const ColorSpace& color_space(std::string_view name);

// How a translucent pixel looks depends on what lies below it, which is taken to be white twice as often as black. Laid
// on a background B, colour x with alpha a is a x + (1 - a) B. Alpha becomes the coordinate a s and the colour a (x -
// m), where m is the mean of B and s its standard deviation: the squared distance of two such points is the mean, over
// B, of the squared distance of how they look.
std::array<double, 3> mean_background(const ColorSpace& space);
double alpha_scale(const ColorSpace& space, bool straight);  // working units from transparent to opaque

// Linear light of a value in sRGB (IEC 61966-2-1), both from 0 to 1, and back, and the cube root.
double decode_srgb(double v);
double encode_srgb(double v);
double cube_root(double x);

// Linear light of every value a sample can have, from 0 to 1.
template <typename Sample>
const float* linear_light();

// Where points lie: coordinates are (value - origin) * scale * zoom. For pictures whose colours fill little of the
// space a finer grid keeps the digits that their samples have.
struct Grid {
    std::array<double, 4> origin{};  // in the units of the space, alpha from 0 to 1
    double zoom = 1;                 // a power of two
};

// Throws std::invalid_argument if a number is not finite, or far from all that any picture needs.
void check_grid(const Grid& grid);

// Points of n colours of C samples each: grey, grey + alpha, RGB, RGBA. Alpha becomes coordinate 3 and, unless
// `straight`, multiplies the others, taken from the mean background, so that colours nobody can see do not matter. What
// lies outside the grid is moved to its border.
void working_points(const std::uint8_t* colors,  // IN  (n, C)
                    std::size_t n, std::size_t n_channels, const ColorSpace& space, bool straight, const Grid& grid,
                    Team& team, std::uint32_t* xy, std::uint32_t* zw);  // OUT (n,) each
void working_points(const std::uint16_t* colors, std::size_t n, std::size_t n_channels, const ColorSpace& space,
                    bool straight, const Grid& grid, Team& team, std::uint32_t* xy, std::uint32_t* zw);

// What the eye's three kinds of cones take of n colours of C samples each, l, m and s from 0 to 1 as Oklab has them:
// the cube roots, as precise as cube_roots. Alpha, from 0 to 1, comes last; 1 without.
template <typename Sample>
void cone_roots(const Sample* colors,  // IN  (n, C)
                std::size_t n, std::size_t n_channels, bool precise,
                float* roots);  // OUT (n, 4)

// The first coordinate of n greys, and back, in the units of the space and in double precision: their distances are
// those of greys in the space, but for a factor where all three coordinates are equal.
void lightness_of_greys(const double* greys,  // IN  (n,) in sRGB, from 0 to 1
                        std::size_t n, const ColorSpace& space,
                        double* lightness);       // OUT (n,)
void greys_of_lightness(const double* lightness,  // IN  (n,)
                        std::size_t n, const ColorSpace& space,
                        double* greys);  // OUT (n,) clipped to what sRGB can show

// Colours of n centers given in working units: samples from 0 to 1, clipped to what sRGB can show.
void center_colors(const double* centers,  // IN  (n, 4)
                   std::size_t n, std::size_t n_channels, const ColorSpace& space, const Grid& grid,
                   double* colors);  // OUT (n, C)

}  // namespace pil_kmeans
