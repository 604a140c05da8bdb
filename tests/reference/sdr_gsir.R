# Generalized sliced inverse regression of 100 pairs of distributions in base R: the numbers of sdr_gsir.csv.
#
#     Rscript tests/reference/sdr_gsir.R
#
# Writes sdr_gsir_samples.csv.gz (200 samples X, then 200 samples Y, a row each, sorted, seven decimals) and
# sdr_gsir.csv (what is computed from them) beside this file. R 4.2.2. Written from the formulas; no code of others.
# The model is "wasserstein_mean_spread"; with this seed and this order of draws the samples are those of the public
# code of the authors of the method (their model d2d_ex2, first replicate).

place <- dirname(sub("--file=", "", grep("--file=", commandArgs(), value = TRUE)))
set.seed(2021)
pairs <- 200; m <- 100; n <- 100
a <- rgamma(pairs, 2, 1)
b <- rgamma(pairs, 2, 3)
levels <- seq(0, 1, length.out = 101)
trapezoid <- function(f) sum((f[-1] + f[-101]) / 2) / 100
distance <- function(i, c, d) sqrt(trapezoid((qbeta(levels, a[i], b[i]) - qbeta(levels, c, d))^2))
true <- t(sapply(1:pairs, function(i) c(distance(i, 2, 1), distance(i, 2, 3))))
x <- t(sapply(1:pairs, function(i) rbeta(m, a[i], b[i])))
centre <- rnorm(pairs, exp(true[, 1]^2), 0.2)
y <- t(sapply(1:pairs, function(i) rnorm(m, centre[i], exp(true[i, 2]^2))))
x <- round(t(apply(x, 1, sort)), 7)
y <- round(t(apply(y, 1, sort)), 7)

squared <- function(u, v) outer(rowSums(u^2), rowSums(v^2), "+") / m - 2 * tcrossprod(u, v) / m
mean_squared <- function(d) sum(d[upper.tri(d)]) / choose(nrow(d), 2)
largest <- function(k) eigen(k, TRUE, TRUE)$values[1]
gcv <- function(k, other, epsilon) {
  s <- k %*% solve(k + epsilon * largest(k) * diag(n))
  sum((other - s %*% other)^2) / (1 - sum(diag(s)) / n)^2
}
ranks <- function(u) t(sapply(1:nrow(u), function(i) {
  d <- sweep(u, 2, u[i, ]); r <- sqrt(rowSums(d^2)); colSums((d / ifelse(r > 0, r, 1))) / nrow(u)
}))
multirank <- function(u, v) {
  cu <- cov(ranks(u), ranks(u)); cv <- cov(ranks(v), ranks(v)); cuv <- cov(ranks(u), ranks(v))
  sum(cuv^2) / sqrt(sum(cu^2) * sum(cv^2))
}
centred <- function(u) { d <- as.matrix(dist(u)); d - outer(rowMeans(d), colMeans(d), "+") + mean(d) }
correlation <- function(u, v) sqrt(sum(centred(u) * centred(v)) / sqrt(sum(centred(u)^2) * sum(centred(v)^2)))

train <- 1:n; test <- n + 1:n
dx <- squared(x[train, ], x[train, ]); dy <- squared(y[train, ], y[train, ])
sx <- mean_squared(dx); kx <- exp(-dx / (2 * sx)); ky <- exp(-dy / (2 * mean_squared(dy)))
grid <- 10^(-6:0)
curve_x <- sapply(grid, function(e) gcv(kx, ky, e))
curve_y <- sapply(grid, function(e) gcv(ky, kx, e))
epsilon_x <- grid[which.min(curve_x)]; epsilon_y <- grid[which.min(curve_y)]

q <- diag(n) - 1 / n
gx <- q %*% kx %*% q; gy <- q %*% ky %*% q
inner <- solve(gx + epsilon_x * largest(gx) * diag(n))
left <- gx %*% inner
found <- list(true_1 = true[test, 1], true_2 = true[test, 2], gcv_x = curve_x, gcv_y = curve_y,
              epsilon = c(epsilon_x, epsilon_y))
cross <- squared(x[test, ], x[train, ])
for (method in c("gsir1", "gsir2")) {
  weight <- if (method == "gsir1") gy else gy %*% solve(gy + epsilon_y * largest(gy) * diag(n))
  product <- left %*% weight %*% left
  decomposed <- eigen((product + t(product)) / 2, TRUE)
  found[[paste0("eigenvalues_", method)]] <- decomposed$values[1:5]
  coordinates <- q %*% inner %*% decomposed$vectors[, 1:2]
  # the bandwidth of the fit; in the authors' code new rows bring another one, from their own distances
  scores <- exp(-cross / (2 * sx)) %*% coordinates
  other <- exp(-cross / (2 * sum(cross) / (n * (n - 1)))) %*% coordinates
  found[[paste0("agreement_", method)]] <- c(multirank(scores, true[test, ]), correlation(scores, true[test, ]))
  found[[paste0("agreement_other_bandwidth_", method)]] <-
    c(multirank(other, true[test, ]), correlation(other, true[test, ]))
}

packed <- gzfile(file.path(place, "sdr_gsir_samples.csv.gz"), "w", compression = 9)
write.table(format(rbind(x, y), nsmall = 7, trim = TRUE, scientific = FALSE), packed, sep = ",", quote = FALSE,
            row.names = FALSE, col.names = FALSE)
close(packed)
table <- data.frame(
  name = rep(names(found), lengths(found)),
  index = unlist(lapply(lengths(found), seq_len)),
  value = sprintf("%.12g", unlist(found))
)
write.csv(table, file.path(place, "sdr_gsir.csv"), row.names = FALSE, quote = FALSE)
