"""What of `scipy.stats` has no derivative here, by name, with the reason: those are SciPy's own, for numbers."""

from __future__ import annotations

__all__ = ["EXCLUDED"]

REASONS = {
    "its density or its distribution function is computed in C, or by quadrature, with no derivative known in all of "
    "its parameters; write its logarithm with autograd_mini.scipy.special": (
        "argus crystalball dirichlet_multinomial dpareto_lognorm gausshyper genexpon genhyperbolic gibrat hypergeom "
        "irwinhall jf_skew_t kappa4 ksone kstwo kstwobign landau levy_stable matrix_t multivariate_hypergeom ncf "
        "nchypergeom_fisher nchypergeom_wallenius nct nhypergeom normal_inverse_gamma pearson3 poisson_binom randint "
        "rel_breitwigner skellam studentized_range trapezoid truncweibull_min vonmises_fisher vonmises_line zipfian"
    ),
    "it draws at random": (
        "ortho_group random_correlation random_table special_ortho_group uniform_direction unitary_group "
        "bootstrap monte_carlo_test permutation_test power sobol_indices BootstrapMethod MonteCarloMethod "
        "PermutationMethod"
    ),
    "it is a test, whose p-value comes from counts, ranks, tables or draws": (
        "alexandergovern anderson anderson_ksamp ansari barnard_exact bartlett binomtest boschloo_exact brunnermunzel "
        "bws_test chi2_contingency chisquare combine_pvalues cramervonmises cramervonmises_2samp dunnett "
        "epps_singleton_2samp f_oneway false_discovery_control fisher_exact fligner friedmanchisquare goodness_of_fit "
        "jarque_bera kruskal ks_1samp ks_2samp kstest kurtosistest levene logrank mannwhitneyu median_test mood "
        "multiscale_graphcorr normaltest page_trend_test poisson_means_test power_divergence quantile_test ranksums "
        "shapiro skewtest ttest_1samp ttest_ind ttest_ind_from_stats ttest_rel tukey_hsd wilcoxon"
    ),
    "it counts or ranks, which is piecewise constant": (
        "chatterjeexi cumfreq ecdf kendalltau mode percentileofscore rankdata relfreq somersd spearmanr spearmanrho "
        "tiecorrect weightedtau"
    ),
    "it searches for a best value; minimise its criterion by autograd_mini.optimize": (
        "boxcox boxcox_normmax fit ppcc_max siegelslopes theilslopes yeojohnson yeojohnson_normmax "
        "wasserstein_distance_nd"
    ),
    "it returns what is to be plotted or read": "boxcox_normplot describe ppcc_plot probplot yeojohnson_normplot",
    "it is one of SciPy's distribution objects, or makes them; use the distribution's name in small letters": (
        "Binomial CensoredData Covariance Logistic Mixture Normal Uniform abs exp log make_distribution "
        "order_statistic rv_continuous rv_discrete rv_histogram truncate"
    ),
    "write it with NumPy's functions, which take Values": (
        "bayes_mvs binned_statistic binned_statistic_2d binned_statistic_dd differential_entropy directional_stats "
        "energy_distance kstat kstatvar linregress lmoment median_abs_deviation mvsdist obrientransform "
        "pointbiserialr quantile scoreatpercentile sigmaclip tmax tmin trim1 trimboth tsem tstd tvar"
    ),
}

EXCLUDED = {name: reason for reason, names in REASONS.items() for name in names.split()}
