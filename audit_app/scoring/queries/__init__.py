"""Questions about scores: sums by place and month (`places`), and single visits with every term (`visits`)."""
