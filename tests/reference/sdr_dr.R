# Values of SIR, SAVE and pHd with which tests/sdr/test_linear_reference.py compares.
# Base R, from the published formulas, since the package dr was not to be had where this was run. It follows what the
# manual of dr 3.0 says of its conventions: white predictors by QR with divisor n, slices filled from the smallest
# response on, covariances within slices with divisor n_h, residual variance with divisor n - 1.
#   Li (1991) JASA 86, 316-327; Cook and Weisberg (1991) JASA 86, 328-332; Li (1992) JASA 87, 1025-1039;
#   Bura and Cook (2001) JASA 96, 996-1003; Cook (2004) Ann. Statist. 32, 1062-1092;
#   Shao, Cook and Weisberg (2007) Biometrika 94, 285-296; Imhof (1961) Biometrika 48, 419-426.
# Rscript tests/reference/sdr_dr.R > tests/reference/sdr_dr.csv, made with R 4.2.2

set.seed(20070921)
n <- 160; p <- 4
x <- matrix(rnorm(n * p), n, p)
x[, 2] <- 0.6 * x[, 1] + x[, 2]
x[, 4] <- exp(0.4 * x[, 4])
x <- round(x %*% diag(c(1, 10, 0.1, 3)), 3)
y <- round(x[, 1] + (x[, 2] / 10)^2 + 0.5 * rnorm(n), 1)   # with ties

out <- function(what, i, j, value)
  cat(sprintf("%s,%d,%d,%.17g\n", what, as.integer(i), as.integer(j), value), sep = "")
put <- function(what, m) {
  m <- as.matrix(m)
  for (j in seq_len(ncol(m))) out(what, seq_len(nrow(m)), j, m[, j])
}

# white predictors
centred <- sweep(x, 2, colMeans(x))
decomposition <- qr(centred)
z <- sqrt(n) * qr.Q(decomposition)
back <- function(vectors) {
  b <- backsolve(qr.R(decomposition), vectors)
  apply(b, 2, function(v) { v <- v / sqrt(sum(v^2)); v * sign(v[which.max(abs(v * apply(x, 2, sd)))]) })
}

# slices: each takes floor(n / h) observations and all that equal its last; fewer than three left join the last
slice <- function(y, h) {
  sorted <- sort(y); code <- integer(length(y)); k <- 0; done <- 0
  while (done < length(y) - 2) {
    k <- k + 1
    last <- sorted[min(length(y), done + floor(length(y) / h))]
    code[y <= last & code == 0] <- k
    done <- sum(code > 0)
  }
  code[code == 0] <- k
  code
}
h <- 8
code <- slice(y, h)
slices <- max(code)
f <- as.vector(table(code)) / n

# upper tail of a weighted sum of chi-squared variables, by Imhof's integral
imhof <- function(q, w) {
  w <- w[w > 1e-12 * max(w)]
  g <- function(u) {
    angle <- sapply(u, function(s) 0.5 * sum(atan(w * s)) - 0.5 * q * s)
    size <- sapply(u, function(s) prod((1 + w^2 * s^2)^0.25))
    sin(angle) / (u * size)
  }
  top <- 1; while (1 / (top * prod((1 + w^2 * top^2)^0.25)) > 1e-13 && top < 1e7) top <- top * 1.5
  parts <- seq(0, top, length.out = 400)
  total <- sum(mapply(function(a, b) integrate(g, a, b, rel.tol = 1e-10, subdivisions = 500)$value,
                      head(parts, -1), tail(parts, -1)))
  0.5 + total / pi
}
spread <- function(terms) eigen(crossprod(sweep(terms, 2, colMeans(terms))) / n, symmetric = TRUE)$values

cat("what,i,j,value\n")
put("x", x); put("y", y); put("slice", code)

# SIR
means <- t(sapply(1:slices, function(k) colMeans(z[code == k, , drop = FALSE])))      # H x p
fit <- eigen(crossprod(sqrt(f) * means), symmetric = TRUE)
put("sir_values", fit$values); put("sir_directions", back(fit$vectors))
for (d in 0:(p - 1)) {
  statistic <- n * sum(fit$values[(d + 1):p]); df <- (p - d) * (slices - d - 1)
  out("sir_test", d, 1:3, c(statistic, df, pchisq(statistic, df, lower.tail = FALSE)))
  rows <- svd(t(sqrt(f) * means), nv = slices)$v
  known <- cbind(sqrt(f), rows[, seq_len(d), drop = FALSE])
  off <- diag(slices) - known %*% solve(crossprod(known), t(known))
  v <- z %*% fit$vectors[, (d + 1):p, drop = FALSE]
  law <- Reduce(`+`, lapply(1:slices, function(k) kronecker(tcrossprod(off[, k]), cov(v[code == k, , drop = FALSE]))))
  out("sir_weighted", d, 1, imhof(statistic, eigen(law, symmetric = TRUE)$values))
}

# marginal coordinate tests of single columns, SIR
for (j in 1:p) {
  part <- resid(lm(x[, j] ~ x[, -j]))
  direction <- qr.coef(qr(z), part); direction <- direction / sqrt(sum(direction^2))
  statistic <- n * sum(f * (means %*% direction)^2)
  e <- sapply(1:slices, function(k) ((code == k) - f[k] - f[k] * z %*% means[k, ]) / sqrt(f[k]))
  out("sir_coordinate", j, 1:2, c(statistic, imhof(statistic, spread(as.vector(z %*% direction) * e))))
}

# SAVE
within <- lapply(1:slices, function(k) { own <- z[code == k, ]; cov(own) * (nrow(own) - 1) / nrow(own) })
m <- Reduce(`+`, lapply(1:slices, function(k) f[k] * (diag(p) - within[[k]]) %*% (diag(p) - within[[k]])))
fit <- eigen(m, symmetric = TRUE)
put("save_values", fit$values); put("save_directions", back(fit$vectors))
for (d in 0:(p - 1)) {
  g <- fit$vectors[, (d + 1):p, drop = FALSE]
  statistic <- n / 2 * sum(sapply(1:slices, function(k) f[k] * sum((t(g) %*% (diag(p) - within[[k]]) %*% g)^2)))
  df <- (slices - 1) * (p - d) * (p - d + 1) / 2
  out("save_test", d, 1:3, c(statistic, df, pchisq(statistic, df, lower.tail = FALSE)))
  v <- z %*% g
  terms <- do.call(cbind, lapply(seq_len(ncol(v)), function(j) v[, j] * v)) / sqrt(2)  # all of v v', twice off diagonal
  out("save_weighted", d, 1, imhof(statistic, rep(spread(terms), slices - 1)))
}

# pHd: response, residuals, quadratic fit
hessian <- function(name, r, m) {
  fit <- eigen(m, symmetric = TRUE)
  order <- order(-abs(fit$values))
  put(paste0(name, "_values"), fit$values[order]); put(paste0(name, "_directions"), back(fit$vectors[, order]))
  if (name == "phdq") return(invisible())
  for (d in 0:(p - 1)) {
    statistic <- n * sum(fit$values[order][(d + 1):p]^2) / (2 * var(r)); df <- (p - d) * (p - d + 1) / 2
    out(paste0(name, "_test"), d, 1:3, c(statistic, df, pchisq(statistic, df, lower.tail = FALSE)))
  }
}
hessian("phdy", y - mean(y), crossprod(z, (y - mean(y)) * z) / n)
r <- resid(lm(y ~ x))
hessian("phdres", r, crossprod(z, r * z) / n)
pairs <- which(upper.tri(diag(p), diag = TRUE), arr.ind = TRUE)
products <- z[, pairs[, 1]] * z[, pairs[, 2]]
b <- coef(lm(y ~ z + products))[-(1:(p + 1))]
m <- matrix(0, p, p); m[pairs] <- b; m <- m + t(m)
hessian("phdq", y, m)
