#include "controlplane/access/rpc_rules.h"

namespace sluice::access {

const std::vector<RpcRule>& RpcRules() {
  static const auto* const rules = new std::vector<RpcRule>{
      {"/sluice.admin.v1.ProviderService/ListPresets", Role::kViewer},
      {"/sluice.admin.v1.ProviderService/ListProviders", Role::kViewer},
      {"/sluice.admin.v1.ProviderService/GetProvider", Role::kViewer},
      {"/sluice.admin.v1.ProviderService/CreateProvider", Role::kOperator, true},
      {"/sluice.admin.v1.ProviderService/UpdateProvider", Role::kOperator, true},
      {"/sluice.admin.v1.ProviderService/DeleteProvider", Role::kOperator, true},

      {"/sluice.admin.v1.ProviderKeyService/ListProviderKeys", Role::kViewer},
      {"/sluice.admin.v1.ProviderKeyService/GetProviderKey", Role::kViewer},
      {"/sluice.admin.v1.ProviderKeyService/CreateProviderKey", Role::kOperator, true},
      {"/sluice.admin.v1.ProviderKeyService/UpdateProviderKey", Role::kOperator, true},
      {"/sluice.admin.v1.ProviderKeyService/DeleteProviderKey", Role::kOperator, true},
      {"/sluice.admin.v1.ProviderKeyService/RefreshProviderKeys", Role::kOperator, true},

      {"/sluice.admin.v1.ClientKeyService/ListClientKeys", Role::kViewer},
      {"/sluice.admin.v1.ClientKeyService/GetClientKey", Role::kViewer},
      {"/sluice.admin.v1.ClientKeyService/CreateClientKey", Role::kOperator, true},
      {"/sluice.admin.v1.ClientKeyService/UpdateClientKey", Role::kOperator, true},
      {"/sluice.admin.v1.ClientKeyService/RevokeClientKey", Role::kOperator, true},
      {"/sluice.admin.v1.ClientKeyService/RotateClientKey", Role::kOperator, true},

      {"/sluice.admin.v1.JwtIssuerService/ListJwtIssuers", Role::kViewer},
      {"/sluice.admin.v1.JwtIssuerService/GetJwtIssuer", Role::kViewer},
      {"/sluice.admin.v1.JwtIssuerService/CreateJwtIssuer", Role::kOperator, true},
      {"/sluice.admin.v1.JwtIssuerService/UpdateJwtIssuer", Role::kOperator, true},
      {"/sluice.admin.v1.JwtIssuerService/DeleteJwtIssuer", Role::kOperator, true},

      {"/sluice.admin.v1.AdminTokenService/ListAdminTokens", Role::kViewer},
      {"/sluice.admin.v1.AdminTokenService/CreateAdminToken", Role::kOwner, true},
      {"/sluice.admin.v1.AdminTokenService/RevokeAdminToken", Role::kOwner, true},

      {"/sluice.admin.v1.SecretService/GetSecretsStatus", Role::kViewer},
      {"/sluice.admin.v1.SecretService/RotateMasterKey", Role::kOwner, true},

      {"/sluice.admin.v1.SettingsService/GetSettings", Role::kViewer},
      {"/sluice.admin.v1.SettingsService/UpdateSettings", Role::kOperator, true},

      {"/sluice.admin.v1.NodeService/ListNodes", Role::kViewer},
      {"/sluice.admin.v1.NodeService/GetNode", Role::kViewer},
      {"/sluice.admin.v1.NodeService/WaitForRevision", Role::kViewer},
      {"/sluice.admin.v1.NodeService/AcceptDivergence", Role::kOperator, true},
      {"/sluice.admin.v1.NodeService/DrainNode", Role::kOperator, true},
      {"/sluice.admin.v1.NodeService/ExpelNode", Role::kOwner, true},
      {"/sluice.admin.v1.NodeService/CreateSeed", Role::kOwner, true},

      {"/sluice.admin.v1.JoinTokenService/ListJoinTokens", Role::kViewer},
      {"/sluice.admin.v1.JoinTokenService/CreateJoinToken", Role::kOwner, true},
      {"/sluice.admin.v1.JoinTokenService/RevokeJoinToken", Role::kOwner, true},

      {"/sluice.admin.v1.RolloutService/GetRollout", Role::kViewer},
      {"/sluice.admin.v1.RolloutService/PromoteRollout", Role::kOperator, true},
      {"/sluice.admin.v1.RolloutService/AbortRollout", Role::kOperator, true},

      {"/sluice.admin.v1.DeclarationService/ExportConfiguration", Role::kViewer},
      {"/sluice.admin.v1.DeclarationService/ApplyConfiguration", Role::kOperator, true},

      {"/sluice.admin.v1.UsageService/QueryUsage", Role::kViewer},
      {"/sluice.admin.v1.UsageService/ListUsageRecords", Role::kViewer},
      {"/sluice.admin.v1.UsageService/ListBudgets", Role::kViewer},
      {"/sluice.admin.v1.UsageService/GetActivity", Role::kViewer},
      {"/sluice.admin.v1.UsageService/Tail", Role::kViewer},

      {"/sluice.admin.v1.BackupService/CreateBackup", Role::kOwner, true},

      {"/sluice.admin.v1.HistoryService/ListChanges", Role::kViewer},
      {"/sluice.admin.v1.HistoryService/DiffRevisions", Role::kViewer},
      {"/sluice.admin.v1.HistoryService/Rollback", Role::kOperator, true},

      {"/sluice.admin.v1.AuditService/ListAudit", Role::kViewer},
      {"/sluice.admin.v1.AuditService/VerifyAudit", Role::kViewer},

      {"/sluice.admin.v1.StatusService/GetStatus", Role::kViewer},

      {"/sluice.fleet.v1.Fleet/Connect", Role::kNode},
      {"/sluice.fleet.v1.Fleet/Join", Role::kNewcomer, true},
      {"/sluice.fleet.v1.Fleet/Renew", Role::kMember, true},
  };
  return *rules;
}

const RpcRule* FindRpcRule(std::string_view method) {
  for (const RpcRule& rule : RpcRules()) {
    if (rule.method == method) return &rule;
  }
  return nullptr;
}

}  // namespace sluice::access
