"""What pods say of pods: which ones they mean, whom they keep away and whom they want near."""
