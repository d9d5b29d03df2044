"""Static routes: the lines `route … via` and `default via`."""
