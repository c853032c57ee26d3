import { buildCatalog, type Catalog, type CatalogRow } from "../src/catalog/catalog.ts";
import { type CompanySettings, defaultSettings } from "../src/invoicing/settings.ts";
import type { CatalogStore } from "../src/ports/catalog_store.ts";
import type { CompanyStore } from "../src/ports/company_store.ts";

/** What decisions need of a company: its catalog and settings, as of one version. */
export interface CompanyView {
  /** The catalog's version. */
  readonly version: number;
  readonly catalog: Catalog;
  /** What the catalog was built from. */
  readonly rows: readonly CatalogRow[];
  readonly settings: CompanySettings;
}

/** The companies this process has met, kept in memory and read again when they change. */
export class Companies {
  readonly #views = new Map<string, CompanyView>();
  readonly #loading = new Map<string, Promise<CompanyView | null>>();
  readonly #catalogs: CatalogStore;
  readonly #companies: CompanyStore;
  readonly #isShared: boolean;

  /** @param isShared whether other processes change them, too */
  constructor(catalogs: CatalogStore, companies: CompanyStore, isShared = false) {
    this.#isShared = isShared;
    this.#catalogs = catalogs;
    this.#companies = companies;
  }

  /** The company as last read; null when it has not been met or does not exist. */
  known(companyId: string): CompanyView | null {
    return this.#views.get(companyId) ?? null;
  }

  /** Reads the company unless it is known. */
  async meet(companyId: string): Promise<CompanyView | null> {
    return this.#views.get(companyId) ?? this.refresh(companyId);
  }

  /** The company as it was when this was asked, or newer. */
  async current(companyId: string): Promise<CompanyView | null> {
    await this.settle(companyId);
    return this.meet(companyId);
  }

  /** Sees to it that a command finds what was changed before it was sent, by whichever process. */
  async settle(companyId: string): Promise<void> {
    if (this.#isShared) await this.refreshIfStale(companyId);
  }

  /** Reads the company again if its catalog has a newer version than the one known. */
  async refreshIfStale(companyId: string): Promise<void> {
    const known = this.#views.get(companyId);
    const company = await this.#companies.get(companyId);
    if (company !== null && company.catalog_version !== known?.version) await this.refresh(companyId);
  }

  /** Reads the company again; calls that arrive meanwhile share a fresh read after the one under way. */
  refresh(companyId: string): Promise<CompanyView | null> {
    const before = this.#loading.get(companyId) ?? Promise.resolve(null);
    const load = before
      .catch(() => null)
      .then(() => this.#load(companyId))
      .finally(() => {
        if (this.#loading.get(companyId) === load) this.#loading.delete(companyId);
      });
    this.#loading.set(companyId, load);
    return load;
  }

  async #load(companyId: string): Promise<CompanyView | null> {
    const company = await this.#companies.get(companyId);
    if (company === null) return null;
    const { version, rows } = await this.#catalogs.load(companyId);
    const view = {
      version,
      rows,
      catalog: buildCatalog(rows),
      settings: { ...defaultSettings, ...company.settings },
    };
    this.#views.set(companyId, view);
    return view;
  }
}
