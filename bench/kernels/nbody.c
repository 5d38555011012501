// Scalar doubles.
#include <math.h>
#include <stdio.h>
static double p[5][3], v[5][3], m[5] = {39.47, 0.037, 0.011, 0.0017, 0.002};
int main(void) {
  for (int i = 0; i < 5; i++)
    for (int k = 0; k < 3; k++) p[i][k] = (i + 1) * (k + 1) * 0.7 - i * i * 0.3, v[i][k] = (k - 1) * 0.1 * (i + 1);
  for (int s = 0; s < 120000; s++) {
    for (int i = 0; i < 5; i++)
      for (int j = i + 1; j < 5; j++) {
        double d[3], q = 0.01;
        for (int k = 0; k < 3; k++) d[k] = p[i][k] - p[j][k], q += d[k] * d[k];
        double f = 0.001 / (q * sqrt(q));
        for (int k = 0; k < 3; k++) v[i][k] -= d[k] * m[j] * f, v[j][k] += d[k] * m[i] * f;
      }
    for (int i = 0; i < 5; i++)
      for (int k = 0; k < 3; k++) p[i][k] += 0.001 * v[i][k];
  }
  printf("%.9f\n", p[0][0] + p[4][2]);
}
