"use strict";
// The theme under a policy without 'unsafe-eval', and operable by keyboard.
{
  // Alpine's build for strict policies finds functions by registered names only, not on `window`.
  const registerComponents = () => {
    Alpine.data("theme", theme);
    Alpine.data("searchForm", searchForm);
    Alpine.data("page", page);
  };

  // What the theme writes inline into <body x-data x-init>, as a component.
  const page = () => ({
    activeTab: "",
    sidebarMobileOpen: false,
    sidebarDesktopOpen: localStorage.getItem("sidebarDesktopOpen") !== "0",
    // The theme's change form reads the address in an expression, where the real `window` is out of reach.
    window: { location: { pathname: location.pathname, search: location.search } },
    init() {
      this.activeTab = getCurrentTab() || this.$el.dataset.tab;
      this.$watch("sidebarDesktopOpen", (open) => localStorage.setItem("sidebarDesktopOpen", open ? "1" : "0"));
    },
    toggleSidebar() {
      this.sidebarDesktopOpen = !this.sidebarDesktopOpen;
    },
    toggleMenu() {
      this.sidebarMobileOpen = !this.sidebarMobileOpen;
    },
  });

  const OPERABLE = "a[href], button, input, select, textarea, summary, [tabindex]";

  // The theme has many clickable elements that are no buttons: filters, tabs, dropdowns, expandable rows.
  const makeOperable = (element) => {
    // Nor are the grounds behind a dialog, which have no words: Escape closes what they close.
    if (element.matches(OPERABLE) || element.querySelector(OPERABLE) || !element.textContent.trim()) return;
    element.tabIndex = 0;
    if (!element.hasAttribute("role")) element.setAttribute("role", "button");
    element.addEventListener("keydown", (event) => {
      if (event.target !== element || (event.key !== "Enter" && event.key !== " ")) return;
      event.preventDefault();
      element.click();
    });
  };

  // An icon is a word in an icon font: read aloud it is noise, unless it is all there is.
  const hideFromReaders = (icon) => {
    const owner = icon.closest("a, button, [role=button]");
    const words = owner && owner.textContent.replace(icon.textContent, "").trim();
    if (owner && !words && !owner.title && !owner.ariaLabel) owner.ariaLabel = icon.textContent.trim().replaceAll("_", " ");
    icon.ariaHidden = "true";
  };

  const improve = (root) => {
    root.querySelectorAll("[x-on\\:click]").forEach(makeOperable);
    root.querySelectorAll(".material-symbols-outlined").forEach(hideFromReaders);
    // What scrolls must be reachable, or the keyboard cannot scroll it.
    root.querySelectorAll(".simplebar-content-wrapper").forEach((area) => (area.tabIndex = -1));
  };

  // The theme writes the name of a chosen file into the next text field: in our forms that is another question.
  const leaveFieldsAlone = (event) => {
    if (event.target.matches(".pc-form input[type=file]")) event.stopPropagation();
  };

  document.addEventListener("change", leaveFieldsAlone, true);
  document.addEventListener("alpine:init", registerComponents);
  document.addEventListener("alpine:initialized", () => improve(document));
  document.addEventListener("htmx:afterSettle", (event) => improve(event.target));
}
